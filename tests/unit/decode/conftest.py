"""Property tests here have no deadline: other work on the machine takes time too."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
