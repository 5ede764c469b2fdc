"""The dashboard: the only part that knows textual. It reads views at its own pace and changes nothing by itself."""
