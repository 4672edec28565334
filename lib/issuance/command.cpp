#include "issuance/command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/text.hpp"
#include "issuance/limits.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::issuance {
namespace {

// How to start a program; releases both objects of the system.
class SpawnSettings {
public:
    SpawnSettings() {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
    }
    ~SpawnSettings() {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
};

// A process group of its own, and signals as a program expects them, whatever this process does with them.
int set_up(SpawnSettings& settings, int errors) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    int error = posix_spawnattr_setflags(
        &settings.attributes,
        static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
    error = error != 0 ? error : posix_spawnattr_setpgroup(&settings.attributes, 0);
    error = error != 0 ? error : posix_spawnattr_setsigmask(&settings.attributes, &none);
    error = error != 0 ? error : posix_spawnattr_setsigdefault(&settings.attributes, &all);
    error = error != 0 ? error
                       : posix_spawn_file_actions_addopen(&settings.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    error = error != 0 ? error
                       : posix_spawn_file_actions_addopen(&settings.actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    error = error != 0 ? error : posix_spawn_file_actions_adddup2(&settings.actions, errors, STDERR_FILENO);
#if defined(__GLIBC__)
    // Ours are close-on-exec; those of an application's other libraries may not be.
    error = error != 0 ? error : posix_spawn_file_actions_addclosefrom_np(&settings.actions, STDERR_FILENO + 1);
#endif
    return error;
}

// The environment without our own variables, which may hold a token.
std::vector<char*> environment_of_command() {
    constexpr std::string_view own = "FERROTUNNEL_";
    std::vector<char*> kept;
    for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
        if (!std::string_view(*each).starts_with(own)) {
            kept.push_back(*each);
        }
    }
    kept.push_back(nullptr);
    return kept;
}

std::string seconds_text(Duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

Command::Command(runtime::Worker& worker, std::vector<std::string> words, Duration time, Done done)
    : words_(std::move(words)),
      time_(time),
      deadline_(worker.now() + time),
      done_(std::move(done)),
      timer_(worker, [this] { examine(); }) {
    fault_ = start();
    timer_.set_after(fault_.empty() ? Duration(limits::command_interval) : Duration::zero());
}

Command::~Command() {
    kill_group();
    if (process_ > 0) {
        int status = 0;
        while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
        }
    }
}

std::string Command::start() {
    if (words_.empty()) {
        return "there is no command";
    }
    const std::string name = "the command " + in_quotes(words_.front());
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return name + " cannot be started: " + std::generic_category().message(errno);
    }
    errors_.reset(ends[0]);
    const runtime::Fd errors_of_program(ends[1]);
    (void)::fcntl(errors_.get(), F_SETFL, O_NONBLOCK);
    std::vector<char*> arguments;
    arguments.reserve(words_.size() + 1);
    for (std::string& word : words_) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    std::vector<char*> environment = environment_of_command();
    SpawnSettings settings;
    int error = set_up(settings, errors_of_program.get());
    if (error == 0) {
        error = posix_spawnp(&process_, arguments.front(), &settings.actions, &settings.attributes, arguments.data(),
                             environment.data());
    }
    if (error != 0) {
        process_ = -1;
        return name + " cannot be started: " + std::generic_category().message(error);
    }
    return {};
}

void Command::examine() {
    std::string fault = std::move(fault_);
    if (process_ > 0) {
        read_output();
        int status = 0;
        const pid_t ended = ::waitpid(process_, &status, WNOHANG);
        if (ended == 0 || (ended < 0 && errno == EINTR)) {
            if (!is_killed_ && timer_.now() >= deadline_) {
                is_killed_ = true;
                kill_group();
            }
            timer_.set_after(limits::command_interval);
            return;
        }
        read_output();
        process_ = -1;
        fault =
            ended < 0 ? "the status of the command " + in_quotes(words_.front()) + " is not known" : outcome(status);
    }
    const Done done = std::move(done_);
    done(std::move(fault));
}

// At most what fits into the pipe and the text; the rest is read, so that the program never waits for us.
void Command::read_output() noexcept {
    std::array<char, 4'096> buffer;
    for (int i = 0; i < 64; ++i) {
        const ssize_t got = ::read(errors_.get(), buffer.data(), buffer.size());
        if (got <= 0) {
            return;
        }
        const std::size_t room = limits::command_output_max - std::min(output_.size(), limits::command_output_max);
        output_.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
    }
}

std::string Command::outcome(int status) const {
    std::string text = "the command " + in_quotes(words_.front());
    if (is_killed_) {
        text += " did not end within " + seconds_text(time_);
    } else if (WIFSIGNALED(status)) {
        text += " was ended by signal " + std::to_string(WTERMSIG(status));
    } else if (WEXITSTATUS(status) != 0) {
        text += " ended with status " + std::to_string(WEXITSTATUS(status));
    } else {
        return {};
    }
    std::string_view said = output_;
    while (!said.empty() && (said.back() == '\n' || said.back() == '\r')) {
        said.remove_suffix(1);
    }
    return said.empty() ? text : text + ": " + printable(said, limits::command_output_max);
}

void Command::kill_group() noexcept {
    if (process_ > 0) {
        (void)::kill(-process_, SIGKILL);
    }
}

}  // namespace ferrotunnel::issuance
