package main

import "runtime/debug"

// unnamed is the version of a build for which the linker was told none.
const unnamed = "dev"

// builtVersion is the version that the linker was told or, of a build without one,
// the commit that it was built from, where Go knows that.
func builtVersion() string {
	info, _ := debug.ReadBuildInfo()
	return versionOf(version, info)
}

func versionOf(told string, info *debug.BuildInfo) string {
	if told != unnamed || info == nil {
		return told
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	commit := settings["vcs.revision"]
	if commit == "" {
		return told
	}
	told += "-" + commit[:min(len(commit), 12)]
	if settings["vcs.modified"] == "true" {
		told += "-modified"
	}
	return told
}
