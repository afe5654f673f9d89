"""Temperatures at which emissions turn, under several definitions."""
