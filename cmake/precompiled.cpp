// Of this file only the precompiled headers are used (settings.cmake).
