#include "signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace ferrotunnel::cli {

Signals::Signals(bool hangup) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (hangup) {
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
    signalfd_siginfo info{};
    const auto size = ::read(descriptor_, &info, sizeof info);
    if (size != static_cast<ssize_t>(sizeof info)) {
        return 0;
    }
    const bool is_from_terminal = info.ssi_signo == SIGHUP && info.ssi_code == SI_KERNEL;
    return is_from_terminal ? SIGTERM : static_cast<int>(info.ssi_signo);
}

}  // namespace ferrotunnel::cli
