#include "reload_requests.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace ferrotunnel::cli {
namespace {

ReloadAnswer failed(const char* why) {
    ReloadAnswer answer;
    answer.problems.emplace_back(why);
    return answer;
}

}  // namespace

ReloadRequests::ReloadRequests() : wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (wake_ < 0) {
        throw std::system_error(errno, std::generic_category(), "make a descriptor for reloads");
    }
}

ReloadRequests::~ReloadRequests() {
    ::close(wake_);
}

ReloadAnswer ReloadRequests::ask() {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = ++asked_;
    waiting_[mine] = failed("The program has not read its configuration in time.");
    (void)::eventfd_write(wake_, 1);
    (void)answered_.wait_for(lock, patience, [&] { return closed_ || done_ >= mine; });
    const ReloadAnswer answer = std::move(waiting_.extract(mine).mapped());
    return done_ < mine && closed_ ? failed("The program is ending.") : answer;
}

std::uint64_t ReloadRequests::asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
}

bool ReloadRequests::is_asked() const {
    const std::lock_guard lock(mutex_);
    return asked_ != done_;
}

void ReloadRequests::answer(std::uint64_t asked, const ReloadReport& report) {
    {
        const std::lock_guard lock(mutex_);
        eventfd_t ignored = 0;
        (void)::eventfd_read(wake_, &ignored);
        done_ = asked;
        for (auto& [number, answer] : waiting_) {
            if (number <= asked) {
                answer = {report.applied, report.needs_restart, report.problems};
            }
        }
        if (asked_ != done_) {
            (void)::eventfd_write(wake_, 1);
        }
    }
    answered_.notify_all();
}

void ReloadRequests::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    answered_.notify_all();
}

}  // namespace ferrotunnel::cli
