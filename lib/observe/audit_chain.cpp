#include "observe/audit_chain.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "access/limits.hpp"
#include "audit/limits.hpp"
#include "audit/line.hpp"
#include "audit/record.hpp"

namespace ferrotunnel::observe {
namespace {

// A stream of the process is not continued, locked or synced, even if it leads to a file.
bool is_own_file(const AccessSink& sink) noexcept {
    return sink.is_file() && sink.is_regular();
}

// The last bytes of the file; what cannot be read is missing.
std::string end_of(int descriptor) {
    struct stat facts {};
    if (::fstat(descriptor, &facts) != 0) {
        return {};
    }
    const auto size = static_cast<std::size_t>(std::max<off_t>(facts.st_size, 0));
    const std::size_t wanted = std::min(size, audit::tail_bytes);
    std::string text(wanted, '\0');
    std::size_t have = 0;
    while (have < wanted) {
        const ssize_t read =
            ::pread(descriptor, text.data() + have, wanted - have, static_cast<off_t>(size - wanted + have));
        if (read < 0 && errno == EINTR) {
            continue;
        }
        if (read <= 0) {
            break;
        }
        have += static_cast<std::size_t>(read);
    }
    text.resize(have);
    return text;
}

}  // namespace

std::string AuditChain::why_not(const AccessSink& sink) {
    const std::string end = is_own_file(sink) ? end_of(sink.descriptor()) : std::string();
    // A file with nothing but an incomplete line is what a crash has left of the first one; its number is not 1 after a
    // rotation.
    const bool is_first_torn =
        end.find('\n') == std::string::npos && end.size() < audit::tail_bytes && audit::may_begin_line(end);
    return end.empty() || is_first_torn || audit::read_tail(end)
               ? ""
               : "the file does not end with a line of an audit log; move it away or name another file";
}

void AuditChain::opened() {
    file_.is_open = false;
}

bool AuditChain::is_ready(const AccessSink& sink) {
    if (file_.is_open) {
        return true;
    }
    const bool is_own = is_own_file(sink);
    if (is_own && ::flock(sink.descriptor(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        if (!std::exchange(was_locked_, true)) {
            log_.info("another process has the audit log open; waiting for it to close the file",
                      {{"file", sink.path()}});
        }
        return false;
    }
    was_locked_ = false;
    file_.needs_line_end = false;
    if (is_own) {
        continue_file(sink);
    }
    file_.begins = true;
    file_.is_open = true;
    events_->set_file(sink.path());
    return true;
}

// What the file has takes precedence over what this process has written before: the file may have another chain.
void AuditChain::continue_file(const AccessSink& sink) {
    const std::string end = end_of(sink.descriptor());
    if (end.empty()) {
        return;
    }
    torn_.reset();
    std::optional<audit::Tail> tail = audit::read_tail(end);
    if (!tail) {  // only an incomplete line, or one that was written since why_not()
        tail = audit::Tail{head_, end.substr(0, end.size() - (end.ends_with('\n') ? 1 : 0)), end.ends_with('\n')};
    }
    head_ = tail->head;
    file_.needs_line_end = !tail->ends_line;
    if (tail->fragment) {
        torn_ = audit::torn_record(audit::fragment_of(*tail->fragment));
        log_.warn("the end of the audit log is incomplete, as a crash leaves it; the next line notes it",
                  {{"file", sink.path()}, {"bytes", tail->fragment->size()}});
    }
}

// Without memory it throws, and changes nothing: a line that is linked and not written would break the chain.
void AuditChain::seal(std::string& lines, std::uint64_t dropped) {
    std::string bodies;
    const auto add = [&bodies](const std::string& record) { bodies += audit::AuditLog::body_of(record) + '\n'; };
    if (torn_) {
        add(*torn_);
    }
    if (file_.begins) {
        audit::Record record("opened");
        record.add("pid", static_cast<std::uint64_t>(::getpid()));
        add(record.text());
    }
    bodies += returned_;
    bodies += lines;
    events_->take_counted(bodies, is_ending_);
    if (dropped != 0) {
        audit::Record record("lost");
        record.add("lines", dropped);
        add(record.text());
    }
    audit::Head head = head_;
    std::string sealed(file_.needs_line_end && !bodies.empty() ? "\n" : "");
    std::uint64_t count = 0;
    for (std::string_view rest = bodies; !rest.empty(); ++count) {
        const std::string_view body = rest.substr(0, rest.find('\n'));
        audit::append_line(sealed, head, body);
        rest.remove_prefix(body.size() + 1);
    }
    events_->note_lost(dropped);
    head_ = std::move(head);
    lines.swap(sealed);
    sealed_ += count;
    torn_.reset();
    returned_.clear();
    file_.begins = false;
    file_.needs_line_end = file_.needs_line_end && bodies.empty();
}

// The lines are linked again, perhaps to those of another chain. Without memory it throws, and changes nothing.
void AuditChain::take_back(std::string_view lines, std::size_t torn) {
    std::optional<std::string> noted = torn_;
    if (torn != 0) {
        noted = audit::torn_record(audit::fragment_of(lines.substr(0, torn)));
    }
    std::optional<audit::Head> before;
    std::string bodies;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
        const auto link = audit::read_line(line);
        if (!link) {
            continue;  // the line end in front of the first
        }
        if (!before) {
            before = link->before;
        }
        if (link->event() == "opened") {
            continue;  // the next file has its own
        }
        if (const auto fragment = audit::fragment_in(link->body)) {
            if (torn == 0) {
                noted = audit::torn_record(*fragment);
            }
            continue;
        }
        bodies += link->body;
        bodies += '\n';
    }
    bodies += returned_;
    if (before) {
        head_ = std::move(*before);
    }
    torn_.swap(noted);
    returned_.swap(bodies);
    sealed_ = 0;
}

void AuditChain::note(const AccessSink& sink, bool is_written) {
    if (!is_written) {
        events_->note_failing(true);
        return;
    }
    const bool is_synced = !is_own_file(sink) || ::fdatasync(sink.descriptor()) == 0;
    if (!is_synced && !std::exchange(was_unsynced_, true)) {
        log_.warn("the audit log cannot be synced to the disk",
                  {{"file", sink.path()}, {"why", std::generic_category().message(errno)}});
    }
    was_unsynced_ = !is_synced;
    events_->note_written(head_, std::exchange(sealed_, 0));
}

std::chrono::milliseconds AuditChain::longest_sleep() const {
    if (!file_.is_open || file_.begins || !returned_.empty()) {
        return access::retry_time;
    }
    return events_->due_in().value_or(std::chrono::hours(1));
}

}  // namespace ferrotunnel::observe
