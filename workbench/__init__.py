"""The web pages people work in. No models: it calls the apps below."""
