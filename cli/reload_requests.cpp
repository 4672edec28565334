#include "reload_requests.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

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
        throw std::system_error(errno, std::generic_category(), "create a descriptor for reloads");
    }
}

ReloadRequests::~ReloadRequests() {
    ::close(wake_);
}

ReloadAnswer ReloadRequests::ask(ReloadRequest request) {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = ++last_;
    waiting_[mine].request = request;
    (void)::eventfd_write(wake_, 1);
    (void)answered_.wait_for(lock, patience, [&] { return closed_ || waiting_[mine].answer.has_value(); });
    std::optional<ReloadAnswer> answer = std::move(waiting_.extract(mine).mapped().answer);
    if (answer) {
        return std::move(*answer);
    }
    return closed_ ? failed("The program is ending.") : failed("The program has not read its configuration in time.");
}

std::optional<std::pair<std::uint64_t, ReloadRequest>> ReloadRequests::next() {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, waiting] : waiting_) {
        if (!waiting.answer) {
            return std::pair(number, waiting.request);
        }
    }
    eventfd_t ignored = 0;
    (void)::eventfd_read(wake_, &ignored);
    return std::nullopt;
}

void ReloadRequests::answer(std::uint64_t number, ReloadAnswer answer) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = waiting_.find(number);  // the caller may have given up
        if (found != waiting_.end()) {
            found->second.answer = std::move(answer);
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

std::optional<std::chrono::milliseconds> ReloadRequests::trial_left() const {
    const std::lock_guard lock(mutex_);
    if (!trial_) {
        return std::nullopt;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*trial_ - std::chrono::steady_clock::now());
    return std::max(left, std::chrono::milliseconds(0));
}

void ReloadRequests::set_trial(std::optional<std::chrono::steady_clock::time_point> until) {
    const std::lock_guard lock(mutex_);
    trial_ = until;
}

}  // namespace ferrotunnel::cli
