#include "backend/host_rejection.hpp"

#include <algorithm>

#include "backend/limits.hpp"

namespace ferrotunnel::backend {
namespace {

constexpr std::array<std::string_view, HostRejection::words_count> words_of_rejections{
    "Blocked request. This host",      // Vite and tools built on it
    "Invalid Host header",             // webpack-dev-server
    "Invalid host header",             // Starlette, FastAPI
    "DisallowedHost",                  // Django with DEBUG
    "Blocked host",                    // Rails
    "Bad Request - Invalid Hostname",  // ASP.NET Core, IIS
    "Misdirected Request",             // by the status, whatever the words are
};
constexpr std::size_t words_of_webpack = 1;
constexpr std::size_t words_misdirected = words_of_rejections.size() - 1;
constexpr std::size_t words_size_max = 30;
static_assert(std::all_of(words_of_rejections.begin(), words_of_rejections.end(),
                          [](std::string_view one) { return one.size() <= words_size_max; }));

constexpr std::string_view http_1 = "HTTP/1.";
constexpr std::size_t status_at = http_1.size() + 2;  // after the version's last digit and a space

// webpack-dev-server before version 5 rejects with 200, and sends only these words.
constexpr std::string_view old_webpack = "\r\n\r\nInvalid Host header";

}  // namespace

std::string_view HostRejection::words_at(std::size_t index) noexcept {
    return words_of_rejections[index];
}

HostRejection::Verdict HostRejection::read(std::string_view bytes) {
    if (seen_ == 0 && !begin(bytes)) {
        return Verdict::none;
    }
    if (status() == "200") {
        words_ = words_of_webpack;
        return bytes.ends_with(old_webpack) ? Verdict::rejected : Verdict::none;
    }
    if (status() == "421") {
        words_ = words_misdirected;
        return Verdict::rejected;
    }
    tail_ += bytes.substr(0, limits::host_rejection_bytes_max - seen_);
    if (find(tail_)) {
        return Verdict::rejected;
    }
    seen_ += bytes.size();
    if (seen_ >= limits::host_rejection_bytes_max) {
        return Verdict::none;
    }
    tail_.erase(0, tail_.size() - std::min(tail_.size(), words_size_max - 1));
    tail_.shrink_to_fit();
    return Verdict::open;
}

// Whether the status line, which arrives in one piece from all known servers, has a status of a rejection.
bool HostRejection::begin(std::string_view bytes) noexcept {
    if (bytes.size() < status_at + status_.size() || !bytes.starts_with(http_1)) {
        return false;
    }
    std::copy_n(bytes.begin() + status_at, status_.size(), status_.begin());
    return status() == "200" || status() == "400" || status() == "403" || status() == "421";
}

bool HostRejection::find(std::string_view text) noexcept {
    for (words_ = 0; words_ < words_misdirected; ++words_) {
        if (text.find(words_of_rejections[words_]) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

void HostRejectionLog::rejected(const std::string& service, const std::string& backend, const HostRejection& answer,
                                Logger& log) {
    const std::uint64_t count = count_.fetch_add(1, std::memory_order_relaxed) + 1;
    const std::uint32_t bit = 1U << answer.words();
    const std::string why = std::string(answer.status()) + ' ' + std::string(HostRejection::words_at(answer.words()));
    if ((reported_.fetch_or(bit, std::memory_order_relaxed) & bit) != 0) {
        log.debug("the backend of a service rejects the visitors' host name",
                  {{"service", service}, {"backend", backend}, {"why", why}, {"times", count}});
        return;
    }
    log.warn("the backend of a service rejects the visitors' host name",
             {{"service", service},
              {"backend", backend},
              {"why", why},
              {"hint",
               "`ferrotunnel http --host-header backend` (in a file: host_header: backend) sends the backend its own "
               "address as Host; or allow the name in the backend's settings"}});
}

}  // namespace ferrotunnel::backend
