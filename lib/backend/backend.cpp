#include "backend/backend.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "backend/limits.hpp"
#include "base/text.hpp"
#include "runtime/unix_path.hpp"

namespace ferrotunnel::backend {

namespace {

using runtime::unix_prefix;
using wire::ServiceKind;

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

Result<BackendAddress, std::string> unix_place(std::string_view path) {
    if (const std::string_view fault = runtime::unix_path_fault(path); !fault.empty()) {
        return std::string(fault);
    }
    return BackendAddress{{}, std::string(path), false, {}};
}

// Completes the path by the working directory, which may change later. Links in it stay: a deployment changes them.
Result<BackendAddress, std::string> folder_place(std::string_view path, ServiceKind kind) {
    if (kind != ServiceKind::http) {
        return std::string("is a folder of files, which only an HTTP service can serve; expected host:port");
    }
    if (path.empty()) {
        return std::string("names no folder; expected one like files:./dist");
    }
    if (!is_utf8(path) || !is_printable(path)) {
        return std::string("has control characters");
    }
    std::error_code error;
    const std::filesystem::path written = std::filesystem::absolute(std::string(path), error);
    if (error) {
        return "cannot be made absolute with the working directory: " + error.message();
    }
    std::filesystem::path whole;
    for (const std::filesystem::path& part : written) {
        if (!part.empty() && part != ".") {
            whole /= part;
        }
    }
    return BackendAddress{{}, {}, false, whole.string()};
}

// Explains a wrong scheme: the part before "://" only selects TLS, and a user who writes it as in other programs gets
// the right form.
std::string wrong_scheme(std::string_view scheme, ServiceKind kind) {
    if (kind == ServiceKind::tls && (scheme == "tls" || scheme == "https")) {
        return "asks for TLS, but this kind of service forwards the visitor's TLS as it is; expected host:port";
    }
    if (scheme == "tls" && kind == ServiceKind::http) {
        return "must be written as https://host:port for an HTTP service";
    }
    if (scheme == "https" && kind == ServiceKind::tcp) {
        return "must be written as tls://host:port for a TCP service";
    }
    if (kind == ServiceKind::udp && (scheme == "tls" || scheme == "https")) {
        return "asks for TLS, which a UDP service does not have; expected host:port";
    }
    if (kind == ServiceKind::http && (scheme == "grpc" || scheme == "grpcs")) {
        return std::string("must be written as h2") + (scheme == "grpc" ? "c" : "") + "://host:port: gRPC is HTTP/2";
    }
    if (scheme == "h2c" || scheme == "h2") {
        return "begins with " + std::string(scheme) + "://, which only an HTTP service has; expected host:port";
    }
    if (scheme == "http" || scheme == "tcp" || scheme == "udp") {
        return "begins with " + std::string(scheme) +
               "://, which is left out for this kind of service; expected host:port";
    }
    return "is not a valid address; expected host:port";
}

}  // namespace

Result<BackendAddress, std::string> parse_backend_address(std::string_view text, ServiceKind kind) {
    if (text.starts_with(unix_prefix) && kind == ServiceKind::udp) {
        return std::string("is a unix socket, which does not support UDP; expected host:port");
    }
    if (text.starts_with(unix_prefix)) {
        return unix_place(text.substr(unix_prefix.size()));
    }
    if (text.starts_with(folder_prefix)) {
        return folder_place(text.substr(folder_prefix.size()), kind);
    }
    if (text == exit_keyword) {
        if (kind != ServiceKind::tcp) {
            return std::string("makes the client itself a proxy, which only a TCP service can do; expected host:port");
        }
        return BackendAddress{{}, {}, false, {}, true};
    }
    BackendAddress made;
    std::optional<std::uint16_t> default_port;
    if (const std::size_t end = text.find("://"); end != std::string_view::npos) {
        const std::string_view scheme = text.substr(0, end);
        made.http2 = kind == ServiceKind::http && (scheme == "h2c" || scheme == "h2");
        made.tls = (kind == ServiceKind::http && (scheme == "https" || scheme == "h2")) ||
                   (kind == ServiceKind::tcp && scheme == "tls");
        if (!made.tls && !made.http2 && (kind != ServiceKind::http || scheme != "http")) {
            return wrong_scheme(scheme, kind);
        }
        text.remove_prefix(end + 3);
        if (kind == ServiceKind::http) {  // as a browser shows it
            default_port = made.tls ? https_port : http_port;
            text.remove_suffix(text.ends_with('/') ? 1 : 0);
        }
        if (text.find('/') != std::string_view::npos) {
            return std::string("has a path; expected only host:port");
        }
    }
    const bool is_port = !made.tls && !made.http2 && text.find_first_not_of("0123456789") == std::string_view::npos;
    auto place = net::parse_host_port(is_port ? ':' + std::string(text) : std::string(text), default_port);
    if (!place || place->port == 0 || text.empty()) {
        return net::address_fault(text, "is not a valid address; expected host:port");
    }
    made.at = *std::move(place);
    if (made.at.host.empty()) {
        made.at.host = made.tls ? "127.0.0.1" : "localhost";  // the name for checking a certificate stays the same
    }
    return made;
}

std::string to_text(const BackendAddress& place, ServiceKind kind) {
    if (!place.unix_path.empty()) {
        return std::string(unix_prefix) + place.unix_path;
    }
    if (!place.folder.empty()) {
        return std::string(folder_prefix) + place.folder;
    }
    if (place.is_exit) {
        return std::string(exit_keyword);
    }
    const std::string at = net::to_text(place.at);
    if (place.http2) {
        return (place.tls ? "h2://" : "h2c://") + at;
    }
    return place.tls ? (kind == ServiceKind::http ? "https://" : "tls://") + at : at;
}

namespace {

// The shortest time between two lines: a backend that responds to every other visitor does not get a line for each.
constexpr auto tell_again_after = std::chrono::seconds(10);

}  // namespace

void BackendState::failed(const Names& names, const std::string& why, TimePoint now, Logger& log) {
    bool tell = false;
    {
        const MutexLock lock(mutex_);
        ++refused_visitors_;
        tell = is_new_cause(why, now);
        if (tell && !down_.load(std::memory_order_relaxed)) {
            down_since_ = now;
            down_.store(true, std::memory_order_relaxed);
        }
    }
    if (tell) {
        log.warn("the backend of a service cannot be reached",
                 {{"service", names.service}, {"backend", names.backend}, {"why", why}});
    } else {
        log.debug("a visitor was rejected: no backend",
                  {{"service", names.service}, {"backend", names.backend}, {"why", why}});
    }
}

bool BackendState::is_new_cause(const std::string& why, TimePoint now) {
    auto cause = std::find_if(causes_.begin(), causes_.end(), [&](const Cause& one) { return one.why == why; });
    if (cause == causes_.end() && causes_.size() < limits::backend_causes_max) {
        causes_.push_back({why, now, true});
        return true;
    }
    if (cause == causes_.end()) {  // in the place of an earlier one
        cause = std::find_if(causes_.begin(), causes_.end(), [](const Cause& one) { return !one.reported; });
    }
    if (cause == causes_.end() || cause->reported || now - cause->reported_at < tell_again_after) {
        return false;
    }
    *cause = {why, now, true};
    return true;
}

void BackendState::report_recovered(const Names& names, TimePoint now, Logger& log) {
    std::uint64_t not_served = 0;
    std::chrono::seconds down_for{};
    {
        const MutexLock lock(mutex_);
        if (!down_.exchange(false, std::memory_order_relaxed)) {
            return;  // another thread was faster
        }
        not_served = std::exchange(refused_visitors_, 0);
        for (Cause& cause : causes_) {
            cause.reported = false;
        }
        down_for = std::chrono::duration_cast<std::chrono::seconds>(now - down_since_);
    }
    // At the level of the warning, so that a log with the warning also shows its end.
    log.warn("the backend of a service can be reached again", {{"service", names.service},
                                                               {"backend", names.backend},
                                                               {"visitors_refused", not_served},
                                                               {"seconds", down_for.count()}});
}

}  // namespace ferrotunnel::backend
