"""Conversations: sessions with a memory that can be looked into, and the assistants that hold them."""
