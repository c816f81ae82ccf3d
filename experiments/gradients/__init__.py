"""The gradient-trained baseline: PPO and DQN studies, fine-tuning, digits."""
