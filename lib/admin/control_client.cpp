#include "admin/control_client.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>
#include <utility>

#include "admin/limits.hpp"
#include "admin/peer.hpp"
#include "admin/reply_reader.hpp"
#include "admin/search.hpp"
#include "base/bytes.hpp"
#include "base/text.hpp"
#include "base/wipe.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::admin {
namespace {

using Why = NoReply::Why;

NoReply too_late(const std::string& path) {
    return {Why::broken, "the program at " + in_quotes(path) + " does not answer"};
}

NoReply is_gone(const std::string& path) {
    return {Why::broken, "the program at " + in_quotes(path) + " ended before its response was complete"};
}

NoReply is_no_answer(const std::string& path) {
    return {Why::broken, "the program at " + in_quotes(path) + " is not FerroTunnel"};
}

// Waits for the event; false if the time is over.
bool wait_for(int socket, short events, TimePoint until) {
    pollfd source{socket, events, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    return left > 0 && ::poll(&source, 1, static_cast<int>(std::min<decltype(left)>(left, 60'000))) >= 0;
}

Result<runtime::Fd, NoReply> connect(const std::string& path, TimePoint until) {
    const uid_t believed = trusted_owner_of(path);
    if (const auto distrust = distrust_of_socket(path)) {
        return NoReply{Why::untrusted, *distrust};
    }
    std::error_code error;
    runtime::Fd socket = runtime::connect_unix(path, error);
    while (error == std::errc::resource_unavailable_try_again && Clock::now() < until) {
        (void)::poll(nullptr, 0, 10);  // no event reports when its queue has room
        socket = runtime::connect_unix(path, error);
    }
    if (error == std::errc::connection_refused || error == std::errc::no_such_file_or_directory) {
        return NoReply{Why::nobody, "no program listens at " + in_quotes(path)};
    }
    if (error) {
        return NoReply{Why::broken, "cannot connect to " + in_quotes(path) + ": " + error.message()};
    }
    // The process that listens has created the socket: the earlier check of the folder no longer matters.
    if (user_at(socket.get()) != believed) {
        return NoReply{Why::untrusted, "the program at " + in_quotes(path) + " belongs to another user"};
    }
    return socket;
}

bool send_all(const runtime::Fd& socket, std::string_view bytes, TimePoint until) {
    while (!bytes.empty()) {
        const runtime::IoResult written = runtime::write_some(socket.get(), as_bytes(bytes));
        bytes.remove_prefix(written.bytes);
        if (written.status == runtime::IoStatus::error ||
            (written.status == runtime::IoStatus::would_block && !wait_for(socket.get(), POLLOUT, until))) {
            return false;
        }
    }
    return true;
}

}  // namespace

Result<Reply, NoReply> ask(const std::string& path, const ControlRequest& question, Duration timeout) {
    const TimePoint until = Clock::now() + timeout;
    Result<runtime::Fd, NoReply> socket = connect(path, until);
    if (!socket) {
        return socket.error();
    }
    // The answer shows whether everything could be sent: a refusal may arrive earlier.
    (void)send_all(*socket, request_text(question), until);
    ReplyReader reading(question.method == "HEAD", limits::admin_answer_max);
    std::string buffer(reply_read_size, '\0');
    const WipeAtEnd wiped(buffer);
    for (;;) {
        const runtime::IoResult read = runtime::read_with_sockets(
            socket->get(), {reinterpret_cast<std::uint8_t*>(buffer.data()), buffer.size()}, reading.reply.sockets);
        const auto state = reading.take(std::string_view(buffer).substr(0, read.bytes));
        if (state != ReplyReader::State::more) {
            return state == ReplyReader::State::complete ? Result<Reply, NoReply>(std::move(reading.reply))
                                                         : is_no_answer(path);
        }
        if (read.status == runtime::IoStatus::eof || read.status == runtime::IoStatus::error) {
            return reading.end() ? Result<Reply, NoReply>(std::move(reading.reply)) : is_gone(path);
        }
        if (read.status == runtime::IoStatus::would_block && !wait_for(socket->get(), POLLIN, until)) {
            return too_late(path);
        }
    }
}

}  // namespace ferrotunnel::admin
