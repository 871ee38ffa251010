"""What services write alike, within their transactions: steps that more than one of them takes.

Nothing here asks who acts: the services have judged that, and have taken the locks.
"""
