// Package crash lets a test kill the server at named points of an upload, as a
// power switch would. Only binaries built with the tag crashpoints can do that;
// in all others FromEnvironment returns nil.
package crash
