#include "endpoint_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "ferrotunnel/detail/whole_file.hpp"

namespace ferrotunnel::cli {

std::string endpoint_file_fault(const std::string& path) {
    struct stat status {};
    const bool is_there = ::lstat(path.c_str(), &status) == 0;
    if (is_there && !S_ISREG(status.st_mode)) {
        return "\"" + path + "\" exists and is not a regular file";
    }
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        return "cannot write \"" + path + "\": " + std::generic_category().message(errno);
    }
    // The first line is enough to distinguish it from a file that is needed.
    std::ifstream old(is_there ? path : std::string());
    std::string first;
    if (std::getline(old, first) && !first.starts_with("control ") && !first.starts_with("service ") &&
        !first.starts_with("http ") && !first.starts_with("https ") && !first.starts_with("connect ") &&
        !first.starts_with("metrics ") && !first.starts_with("dashboard ")) {
        return "\"" + path + "\" exists and is not an endpoint file; it would be overwritten";
    }
    return {};
}

EndpointFile::EndpointFile(std::string path) : path_(std::move(path)) {
    if (!path_.empty()) {
        ::unlink(path_.c_str());
    }
}

EndpointFile::~EndpointFile() {
    if (!path_.empty()) {
        ::unlink(path_.c_str());
    }
}

void EndpointFile::remove_service(const std::string& name) {
    std::erase_if(services_, [&name](const auto& service) { return service.first == name; });
}

void EndpointFile::clear() {
    control_.clear();
    http_.clear();
    https_.clear();
    connect_.clear();
    metrics_.clear();
    dashboard_.clear();
    services_.clear();
}

std::string EndpointFile::publish() {
    const std::string now = text();
    if (path_.empty() || now == published_.value_or("")) {
        return {};
    }
    try {
        replace(now);
    } catch (const std::system_error& error) {
        if (!published_) {
            throw;
        }
        return std::exchange(failing_, true) ? std::string() : fmt::format("cannot {}", error.what());
    }
    published_ = now;
    failing_ = false;
    return {};
}

void EndpointFile::replace(const std::string& text) const {
    // The content is valid only for this process, so it need not survive a power failure.
    const detail::WholeFile how{.mode = 0644, .is_lasting = false};
    if (const std::error_code error = detail::write_whole_file(path_, text, how)) {
        throw std::system_error(error, "write the endpoint file " + path_);
    }
}

std::string EndpointFile::text() const {
    std::string text = control_.empty() ? "" : fmt::format("control {}\n", control_);
    text += http_.empty() ? "" : fmt::format("http {}\n", http_);
    text += https_.empty() ? "" : fmt::format("https {}\n", https_);
    text += connect_.empty() ? "" : fmt::format("connect {}\n", connect_);
    text += metrics_.empty() ? "" : fmt::format("metrics {}\n", metrics_);
    text += dashboard_.empty() ? "" : fmt::format("dashboard {}\n", dashboard_);
    for (const auto& [name, endpoint] : services_) {
        text += fmt::format("service {} {}\n", name, endpoint);
    }
    return text;
}

}  // namespace ferrotunnel::cli
