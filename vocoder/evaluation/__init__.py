"""Objective metrics, evaluation of whole folders with intervals, and real-time factors."""
