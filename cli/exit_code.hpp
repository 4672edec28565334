// What the program's exit code tells the parent process. `--help` and docs/operations.md list them.
#pragma once

namespace ferrotunnel::cli {

enum class ExitCode : int {
    ok = 0,          // ended by a signal, or the command did what it was asked for
    failure = 1,     // anything that has no code of its own: the control port is in use, a bug
    usage = 2,       // the command line, the environment or a file they name is not right; nothing was started
    refused = 3,     // the server refused the token, or every service, and --retry-refused or --attempts says to end
    lost = 4,        // no connection after --attempts
    superseded = 5,  // another client took this one's place
};

}  // namespace ferrotunnel::cli
