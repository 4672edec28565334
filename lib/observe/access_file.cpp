#include "observe/access_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <exception>
#include <utility>

#include "access/limits.hpp"

namespace ferrotunnel::observe {
namespace {

/// The part that can be written to a pipe or terminal at once without waiting: whole lines, unless they are longer.
std::string_view piece_of(std::string_view text) noexcept {
    const std::string_view piece = text.substr(0, PIPE_BUF);
    const std::size_t end = piece.rfind('\n');
    return end == std::string_view::npos ? piece : piece.substr(0, end + 1);
}

}  // namespace

AccessSink::AccessSink(AccessSink&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      owned_(std::exchange(other.owned_, false)),
      path_(std::move(other.path_)) {}

AccessSink& AccessSink::operator=(AccessSink&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(owned_, other.owned_);
    path_.swap(other.path_);
    return *this;
}

AccessSink::~AccessSink() {
    if (owned_) {
        ::close(descriptor_);
    }
}

bool AccessSink::is_regular() const noexcept {
    struct stat facts {};
    return ::fstat(descriptor_, &facts) == 0 && S_ISREG(facts.st_mode);
}

// Without O_NONBLOCK, opening a named pipe would wait for its reader.
AccessSink AccessSink::open(const std::string& path, std::error_code& error, bool reads) {
    constexpr mode_t mode = 0640;
    AccessSink sink;
    sink.path_ = path;
    if (path == standard_output || path == standard_error) {
        sink.descriptor_ = path == standard_output ? STDOUT_FILENO : STDERR_FILENO;
        return sink;
    }
    const int access_mode = reads ? O_RDWR : O_WRONLY;
    sink.descriptor_ = ::open(path.c_str(), access_mode | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, mode);
    sink.owned_ = sink.descriptor_ >= 0;
    if (!sink.owned_) {
        error = std::error_code(errno, std::generic_category());
    } else if (reads && !sink.is_regular()) {  // a pipe open for reading, too, never reports a lost reader
        return open(path, error);
    }
    return sink;
}

AccessFile::AccessFile(std::shared_ptr<access::Lanes> lanes, AccessSink sink, Logger& log,
                       std::unique_ptr<LineSeal> seal)
    : lanes_(std::move(lanes)),
      log_(log),
      seal_(std::move(seal)),
      name_(seal_ ? "the audit log" : "the access log"),
      sink_(std::move(sink)),
      thread_([this](const std::stop_token& ending) { run(ending); }) {}

AccessFile::~AccessFile() = default;

void AccessFile::reopen() {
    {
        const MutexLock lock(mutex_);
        reopens_ = true;
    }
    lanes_->wake();
}

void AccessFile::set(AccessSink sink) {
    {
        const MutexLock lock(mutex_);
        next_sink_ = std::move(sink);
    }
    lanes_->wake();
}

void AccessFile::run(const std::stop_token& ending) {
    Mutex mutex;
    std::condition_variable_any pause;  // allowed: it waits for a stop, too
    while (!ending.stop_requested()) {
        try {
            lanes_->wait(ending, longest_sleep());
            {
                ReleasableLock lock(mutex);  // collects more lines for the same write
                pause.wait_for(lock, ending, is_failing_ ? access::retry_time : access::gather_time,
                               [] { return false; });
            }
            apply_requests();
            (void)write_some();
            report_dropped(false);
        } catch (const std::exception&) {  // no memory: lines in the lanes are dropped when these are full
        }
    }
    finish();
}

std::chrono::milliseconds AccessFile::longest_sleep() const {
    if (dropped_ != 0 || !rest_.empty()) {
        return access::retry_time;
    }
    return seal_ ? seal_->longest_sleep() : std::chrono::hours(1);
}

// Ends a file and opens the next: nothing is lost in between, since waiting lines are written to the next.
void AccessFile::apply_requests() {
    std::optional<AccessSink> next;
    bool reopens = false;
    {
        const MutexLock lock(mutex_);
        next.swap(next_sink_);
        reopens = std::exchange(reopens_, false);
    }
    if (!next && reopens && sink_.is_file()) {
        std::error_code error;
        next = AccessSink::open(sink_.path(), error, seal_ != nullptr);
        if (error) {
            log_.error(name_ + " cannot be reopened; it continues in the previous file",
                       {{"file", sink_.path()}, {"why", error.message()}});
            return;
        }
    }
    if (next) {
        (void)write_some();  // earlier lines belong to the previous file
        leave_torn_line();
        sink_ = std::move(*next);
        if (seal_) {
            seal_->opened();
        }
        is_failing_ = false;
    }
}

// The other file must not start with the rest of a line.
void AccessFile::leave_torn_line() {
    if (seal_) {
        const std::size_t begin = at_ == 0 ? 0 : rest_.rfind('\n', at_ - 1) + 1;
        seal_->take_back(std::string_view(rest_).substr(begin), at_ - begin);
        rest_.clear();
        at_ = 0;
        return;
    }
    if (at_ != 0 && at_ < rest_.size() && rest_[at_ - 1] != '\n') {
        const std::size_t end = rest_.find('\n', at_);
        at_ = end == std::string::npos ? rest_.size() : end + 1;
        ++dropped_;
    }
}

// Replaces the written lines by waiting ones. False if these must wait.
bool AccessFile::take_lines() {
    if (seal_ && !seal_->is_ready(sink_)) {
        return false;
    }
    rest_.clear();
    at_ = 0;
    if (!seal_) {
        lanes_->take_all(rest_);
        return true;
    }
    std::string lines;
    lanes_->take_all(lines);
    const std::uint64_t dropped = lanes_->take_dropped();
    lost_ += dropped;
    dropped_ += dropped;
    try {
        seal_->seal(lines, lost_);
    } catch (const std::exception&) {  // no memory: what is not linked must not be written
        lost_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
        throw;
    }
    lost_ = 0;
    rest_.swap(lines);
    return true;
}

// Writes waiting lines, as far as possible now. False if some are left.
bool AccessFile::write_some() {
    if (at_ == rest_.size() && !take_lines()) {
        return false;
    }
    if (rest_.empty()) {
        return true;
    }
    const bool is_written = write_taken();
    if (seal_) {
        seal_->note(sink_, is_written);
    }
    return is_written;
}

bool AccessFile::write_taken() {
    const bool regular = sink_.is_regular();
    while (at_ < rest_.size()) {
        const std::string_view left = std::string_view(rest_).substr(at_);
        pollfd wanted{sink_.descriptor(), POLLOUT, 0};
        if (!regular && ::poll(&wanted, 1, static_cast<int>(access::pipe_time.count())) <= 0) {
            return false;
        }
        const std::string_view piece = regular ? left : piece_of(left);
        const ssize_t written = ::write(sink_.descriptor(), piece.data(), piece.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            log_failure(errno);
            return false;
        }
        at_ += static_cast<std::size_t>(written);
    }
    is_failing_ = false;
    rest_.clear();
    at_ = 0;
    return true;
}

void AccessFile::finish() {
    const Clock::time_point until = Clock::now() + access::end_time;
    try {
        apply_requests();
        if (seal_) {
            seal_->finish();
        }
        do {  // the rest of the last write, and then later lines
            while (!write_some() && Clock::now() < until) {
                (void)::poll(nullptr, 0, static_cast<int>(access::gather_time.count()));
            }
            if (at_ == rest_.size()) {
                (void)take_lines();
            }
        } while (at_ < rest_.size() && Clock::now() < until);
        lanes_->take_all(rest_);
        dropped_ +=
            static_cast<std::uint64_t>(std::count(rest_.begin() + static_cast<std::ptrdiff_t>(at_), rest_.end(), '\n'));
        report_dropped(true);
    } catch (const std::exception&) {  // no memory at the end
    }
}

void AccessFile::report_dropped(bool at_once) {
    const Clock::time_point now = Clock::now();
    const std::uint64_t dropped = lanes_->take_dropped();
    dropped_ += dropped;
    lost_ += seal_ ? dropped : 0;
    if (dropped_ == 0 || (!at_once && now - reported_at_ < access::report_interval)) {
        return;
    }
    log_.warn(seal_ ? "audit log lines were lost: they cannot be written fast enough"
                    : "access log lines were dropped: they cannot be written fast enough",
              {{"at", sink_.path()}, {"lines", dropped_}});
    dropped_ = 0;
    reported_at_ = now;
}

void AccessFile::log_failure(int error) {
    if (!std::exchange(is_failing_, true) && error != EAGAIN) {
        log_.warn(name_ + " cannot be written; trying again",
                  {{"at", sink_.path()}, {"why", std::generic_category().message(error)}});
    }
}

}  // namespace ferrotunnel::observe
