#include "transport/tcp_pipe.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace ferrotunnel::transport {

namespace {

constexpr std::size_t tls_prefix_bytes = 3;
constexpr const char* tls_on_plain_server =
    "the client speaks TLS, but this server was started with TLS off; use the same setting on both sides";
constexpr const char* tls_on_plain_client =
    "the server speaks TLS on this port, but this client was started with TLS off; use the same setting on both sides";

class TcpPipe final : public Pipe {
public:
    TcpPipe(runtime::Fd socket, TcpPipeSide side)
        : socket_(std::move(socket)), side_(side), checked_(side == TcpPipeSide::visitor) {}

    IoStatus handshake(std::string& why) override {
        if (side_ == TcpPipeSide::client || checked_) {
            return IoStatus::ok;
        }
        std::array<std::uint8_t, tls_prefix_bytes> first;
        ++counters_.system_calls;
        ssize_t got = ::recv(socket_.get(), first.data(), first.size(), MSG_PEEK);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return IoStatus::would_block;
        }
        if (got < 0) {
            error_ = std::error_code(errno, std::system_category()).message();
            why = error_;
            return IoStatus::error;
        }
        if (got == 0) {
            why = "the peer closed the connection before it sent anything";
            return IoStatus::eof;
        }
        Bytes seen(first.data(), static_cast<std::size_t>(got));
        if (!looks_like_tls(seen)) {
            checked_ = true;
            return IoStatus::ok;
        }
        if (seen.size() < first.size()) {
            return IoStatus::would_block;  // the next byte causes an event of its own
        }
        answer_tls();
        why = error_ = tls_on_plain_server;
        return IoStatus::error;
    }

    IoResult read(MutableBytes into) noexcept override {
        ++counters_.system_calls;
        IoResult result = runtime::read_some(socket_.get(), into);
        counters_.bytes_in += result.bytes;
        if (!checked_ && result.bytes >= tls_prefix_bytes && looks_like_tls(into.first(result.bytes))) {
            error_ = side_ == TcpPipeSide::client ? tls_on_plain_client : tls_on_plain_server;
            return {0, IoStatus::error, std::make_error_code(std::errc::protocol_error)};
        }
        checked_ = checked_ || result.bytes > 0;
        if (result.status == IoStatus::ok && result.bytes < into.size()) {
            result.status = IoStatus::would_block;  // later bytes are a new event
        }
        return noted(result);
    }

    IoResult read_pieces(std::span<const MutableBytes> into) noexcept override {
        if (!checked_) {
            return Pipe::read_pieces(into);
        }
        ++counters_.system_calls;
        IoResult result = runtime::read_some(socket_.get(), into);
        counters_.bytes_in += result.bytes;
        std::size_t room = 0;
        for (const MutableBytes& piece : into) {
            room += piece.size();
        }
        if (result.status == IoStatus::ok && result.bytes < room) {
            result.status = IoStatus::would_block;  // later bytes are a new event
        }
        return noted(result);
    }

    IoResult write(std::span<const Bytes> pieces) noexcept override {
        IoResult total;
        while (!pieces.empty() && total.status == IoStatus::ok) {
            auto some = pieces.first(std::min<std::size_t>(pieces.size(), pieces_per_send));
            pieces = pieces.subspan(some.size());
            ++counters_.system_calls;
            IoResult result = runtime::write_some(socket_.get(), some);
            total = {total.bytes + result.bytes, result.status, result.error};
        }
        counters_.bytes_out += total.bytes;
        return noted(total);
    }

    bool has_pending() const noexcept override { return false; }
    IoStatus flush() noexcept override { return IoStatus::ok; }
    bool saw_end() const noexcept override { return saw_end_ && !was_reset_; }
    bool may_read_more() const noexcept override { return false; }
    void shutdown() noexcept override { (void)runtime::shutdown_send(socket_.get()); }
    bool exporter(MutableBytes) noexcept override { return false; }
    std::string description() const override { return "plain"; }
    std::string error_text() const override { return error_; }
    int fd() const noexcept override { return socket_.get(); }
    runtime::Fd release_fd() noexcept override { return std::move(socket_); }

private:
    static constexpr std::size_t pieces_per_send = 64;
    static constexpr std::size_t client_hello_max = 16 * 1024;

    // Without a response a TLS client would see only a reset, since its hello was not read. A GOAWAY without text is
    // not a TLS record, and the client can report this to its user.
    void answer_tls() noexcept {
        static constexpr std::uint8_t goaway_protocol[] = {0, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12};
        std::array<std::uint8_t, 1024> hello;
        for (std::size_t read = 0; read < client_hello_max; read += hello.size()) {
            if (runtime::read_some(socket_.get(), MutableBytes(hello)).bytes < hello.size()) {
                break;
            }
        }
        (void)runtime::write_some(socket_.get(), Bytes(goaway_protocol));
    }

    // The kernel reports a reset once: later reads look like the end. A broken pipe was closed by the peer before.
    IoResult noted(IoResult result) noexcept {
        saw_end_ = saw_end_ || result.status == IoStatus::eof;
        if (result.status == IoStatus::error) {
            was_reset_ = was_reset_ || result.error != std::errc::broken_pipe;
            try {
                error_ = result.error.message();
            } catch (const std::bad_alloc&) {
                error_.clear();
            }
        }
        return result;
    }

    runtime::Fd socket_;
    TcpPipeSide side_;
    bool checked_;  // the first bytes were not TLS, or may be anything
    bool saw_end_ = false;
    bool was_reset_ = false;
    std::string error_;
};

}  // namespace

std::unique_ptr<Pipe> make_tcp_pipe(runtime::Fd socket, TcpPipeSide side) {
    return std::make_unique<TcpPipe>(std::move(socket), side);
}

bool looks_like_tls(Bytes first) noexcept {
    return (first.empty() || first[0] == 0x16 || first[0] == 0x15) && (first.size() < 2 || first[1] == 0x03) &&
           (first.size() < 3 || first[2] <= 4);
}

}  // namespace ferrotunnel::transport
