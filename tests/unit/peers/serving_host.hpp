// A member that accepts every visitor that is forwarded to it.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "unit/peers/peers_rig.hpp"

namespace ferrotunnel::peers::test {

/// What arrived with an OPEN.
struct Arrived {
    wire::ServiceKind kind{};
    std::uint32_t service = 0;
    net::Address visitor;
    std::optional<VisitorHeader> header;
};

/// A member's visitors: each is accepted, and gets a word.
class Host {
public:
    explicit Host(std::string word) : word_(std::move(word)) {}

    void serve(IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
        {
            const std::lock_guard lock(mutex_);
            arrived_.push_back({open.kind, open.service, open.visitor, read_visitor_header(open.metadata)});
        }
        stream->attach(make_intrusive<NullWaker>(), false);
        stream->accept();
        stream->send(buffer::Slice::copy_of(as_bytes(word_)), false);
        stream->finish();
    }
    std::vector<Arrived> arrived() {
        const std::lock_guard lock(mutex_);
        return arrived_;
    }

private:
    const std::string word_;
    std::mutex mutex_;
    std::vector<Arrived> arrived_;
};

inline void serve_by(Member& member, Host& host) {
    member.on_stream = [&host](IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
        host.serve(std::move(stream), open);
    };
}

/// All bytes until the end; the error's number if the connection is reset.
inline std::string all_from(const runtime::Fd& socket) {
    std::string all;
    for (;;) {
        transport::test::wait_for(socket.get(), POLLIN);
        char bytes[256];
        const ssize_t got = ::recv(socket.get(), bytes, sizeof bytes, 0);
        if (got <= 0) {
            return got == 0 ? all : "error " + std::to_string(errno);
        }
        all.append(bytes, static_cast<std::size_t>(got));
    }
}

}  // namespace ferrotunnel::peers::test
