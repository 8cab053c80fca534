"""Mails in the reader's language: the texts of each language, and how they become subject, text and HTML."""
