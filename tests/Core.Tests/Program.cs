using Weft.Core.Tests.Store;

// The test runner loads this assembly and never comes here: this is the process that CrashTests kills.
return args is ["install-loop", string folder, string id, .. string[] packages] ? await InstallLoop.RunAsync(folder, id, packages) : 64;
