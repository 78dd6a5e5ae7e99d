"""What turns one rendered system into another: the objects to apply and to delete, and a script that does it.

``fixed`` knows what Kubernetes lets nobody change, ``patch`` says what is to be done, ``files`` writes it down.
"""
