#include "stream.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

namespace e2e {

bool send_all(const Socket& socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

std::vector<std::string> parts_of(const std::string& path) {
    std::vector<std::string> parts;
    for (std::size_t at = 1; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        parts.push_back(path.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

bool StreamReader::more() {
    char room[65'536];
    if (!wait_for(socket_, POLLIN, patience_ms_)) {
        ending_ = Ending::timeout;
        return false;
    }
    const ssize_t n = ::recv(socket_.get(), room, sizeof room, 0);
    if (n <= 0) {
        ending_ = n == 0 ? Ending::eof : Ending::reset;
        return false;
    }
    buffer_.append(room, static_cast<std::size_t>(n));
    return true;
}

std::string StreamReader::until(std::string_view end) {
    std::size_t searched = 0;
    while (true) {
        const std::size_t at = buffer_.find(end, searched);
        if (at != std::string::npos) {
            return take(at + end.size());
        }
        searched = buffer_.size() - std::min(buffer_.size(), end.size() - 1);
        if (!more()) {
            return {};
        }
    }
}

bool StreamReader::exactly(std::size_t size, std::string& into) {
    while (buffer_.size() < size) {
        if (!more()) {
            return false;
        }
    }
    into = take(size);
    return true;
}

std::string StreamReader::take(std::size_t size) {
    std::string taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
}

}  // namespace e2e
