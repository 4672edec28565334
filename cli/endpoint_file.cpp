#include "endpoint_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace ferrotunnel::cli {
namespace {

[[noreturn]] void fail(const std::string& path) {
    throw std::system_error(errno, std::generic_category(), "write the endpoint file " + path);
}

void write_file(const std::string& path, const std::string& text) {
    std::FILE* file = std::fopen(path.c_str(), "we");
    if (file == nullptr) {
        fail(path);
    }
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    if (std::fclose(file) != 0 || !written) {
        fail(path);
    }
}

}  // namespace

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
    services_.clear();
}

void EndpointFile::publish() {
    const std::string now = text();
    if (path_.empty() || now == published_) {
        return;
    }
    const std::string beside = path_ + ".new";
    write_file(beside, now);
    if (std::rename(beside.c_str(), path_.c_str()) != 0) {
        fail(path_);
    }
    published_ = now;
}

std::string EndpointFile::text() const {
    std::string text = control_.empty() ? "" : fmt::format("control {}\n", control_);
    text += http_.empty() ? "" : fmt::format("http {}\n", http_);
    text += https_.empty() ? "" : fmt::format("https {}\n", https_);
    for (const auto& [name, endpoint] : services_) {
        text += fmt::format("service {} {}\n", name, endpoint);
    }
    return text;
}

}  // namespace ferrotunnel::cli
