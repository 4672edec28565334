#include "signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace ferrotunnel::cli {

namespace {

bool is_ignored(int signal) noexcept {
    struct sigaction action {};
    return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Signals::Signals(bool reloads) : outlives_terminal_(is_ignored(SIGHUP)) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    if (reloads || !outlives_terminal_) {
        sigaddset(&set, SIGHUP);
    }
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    descriptor_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (descriptor_ < 0) {
        throw std::system_error(errno, std::generic_category(), "signalfd");
    }
}

Signals::~Signals() {
    ::close(descriptor_);
}

int Signals::take() noexcept {
    for (;;) {
        signalfd_siginfo info{};
        const auto size = ::read(descriptor_, &info, sizeof info);
        if (size != static_cast<ssize_t>(sizeof info)) {
            return 0;
        }
        if (info.ssi_signo == SIGINT && info.ssi_code == SI_KERNEL) {
            return key_pressed;
        }
        if (info.ssi_signo != SIGHUP || info.ssi_code != SI_KERNEL) {
            return static_cast<int>(info.ssi_signo);
        }
        if (!outlives_terminal_) {
            return terminal_gone;
        }
    }
}

}  // namespace ferrotunnel::cli
