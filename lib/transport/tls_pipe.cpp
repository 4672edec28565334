#include "transport/tls_pipe.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "runtime/address.hpp"
#include "transport/backend_sessions.hpp"
#include "transport/certificate.hpp"
#include "transport/certificate_names.hpp"
#include "transport/key_groups.hpp"
#include "transport/link_context.hpp"
#include "transport/link_errors.hpp"
#include "transport/live_peer.hpp"
#include "transport/openssl_ptr.hpp"
#include "transport/tls_bio.hpp"
#include "transport/tls_errors.hpp"
#include "transport/visitor_context.hpp"

namespace ferrotunnel::transport {

namespace {

/// Pieces smaller than this share a record, because a record costs more than copying them.
constexpr std::size_t gather_below = 4_KiB;

/// A position in a list of pieces.
class Cursor {
public:
    explicit Cursor(std::span<const Bytes> pieces) : pieces_(pieces) { skip_empty(); }
    bool done() const noexcept { return pieces_.empty(); }
    Bytes front() const noexcept { return pieces_.front().subspan(offset_); }
    /// Several small pieces in a row belong into one record. A single one is a record anyway, and need not be copied
    /// for it.
    bool several_small() const noexcept {
        return front().size() < gather_below && pieces_.size() > 1 && pieces_[1].size() < gather_below;
    }
    void advance(std::size_t count) noexcept {
        offset_ += count;
        skip_empty();
    }

private:
    void skip_empty() noexcept {
        while (!pieces_.empty() && offset_ == pieces_.front().size()) {
            pieces_ = pieces_.subspan(1);
            offset_ = 0;
        }
    }
    std::span<const Bytes> pieces_;
    std::size_t offset_ = 0;
};

//   handshaking --done, name, protocol and pin right--> open --close_notify--> read: eof
//        |                                               |----FIN alone-----> read: error, "truncated"
//        +--any failure--> failed <----------------------+----any failure---> failed: every call returns error
//
// One failure is less severe: when the socket accepts no more bytes, reads continue, since the peer may have sent the
// reason.
class TlsPipe final : public Pipe {
public:
    TlsPipe(runtime::Fd fd, std::shared_ptr<TlsContext> context, TlsPipeTuning tuning);

    IoStatus handshake(std::string& why) override;
    IoResult read(MutableBytes into) noexcept override;
    IoResult write(std::span<const Bytes> pieces) noexcept override;
    bool has_pending() const noexcept override { return !socket_.out.empty(); }
    IoStatus flush() noexcept override;
    bool saw_end() const noexcept override {
        return (socket_.saw_end || (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0) && !was_reset();
    }
    bool may_read_more() const noexcept override { return stopped_full_ && SSL_has_pending(ssl_.get()) == 1; }
    void shutdown() noexcept override;
    bool exporter(MutableBytes out32) noexcept override;
    const VisitorHandshake* visitor() const noexcept override { return visitor_.get(); }
    std::string_view link_peer() const noexcept override {
        return open_ && context_->is_for_links() ? link_peer_of(ssl_.get()) : std::string_view();
    }
    bool certificate_covers(const std::string& host) const noexcept override;
    KeyGroup key_group() const noexcept override;
    std::string description() const override;
    std::string error_text() const override { return error_text_; }
    int fd() const noexcept override { return fd_.get(); }
    runtime::Fd release_fd() noexcept override {
        socket_.out.clear();
        socket_.fd = -1;
        return std::move(fd_);
    }

private:
    void set_peer_name();
    std::string fault_of_peer();
    std::string wrong_peer();
    std::string wrong_key();
    std::string wrong_visitor();
    std::string failure_text();
    IoStatus step_handshake();
    IoStatus fail_handshake(std::string text);
    std::string handshake_failure();
    // The kernel reports a reset once, possibly when leftover data was written: later reads look like the end. A broken
    // pipe was closed by the peer before.
    bool was_reset() const noexcept { return write_error_ && write_error_ != std::errc::broken_pipe; }
    void note_error(std::error_code error, std::string_view text, std::error_code& where) noexcept;
    IoResult fail_by_openssl() noexcept;
    IoResult stop_reading(std::size_t got) noexcept;
    bool write_record(Bytes plain) noexcept;
    bool write_batch(Cursor& cursor, std::size_t& accepted) noexcept;
    std::size_t gather(Cursor& cursor, MutableBytes into) noexcept;
    std::size_t room() const noexcept;

    runtime::Fd fd_;
    std::shared_ptr<TlsContext> context_;
    TlsSocket socket_;
    SslPtr ssl_;
    std::size_t send_bytes_;
    std::unique_ptr<VisitorHandshake> visitor_;
    bool open_ = false;
    bool stopped_full_ = false;     // the last read ended because its buffer was full
    bool end_after_flush_ = false;  // TCP FIN follows once everything is sent
    std::error_code error_;         // why the pipe failed
    std::error_code write_error_;   // why the socket accepts no more bytes
    std::string error_text_;        // of the last call that returned error
};

TlsPipe::TlsPipe(runtime::Fd fd, std::shared_ptr<TlsContext> context, TlsPipeTuning tuning)
    : fd_(std::move(fd)),
      context_(std::move(context)),
      ssl_(SSL_new(context_->native())),
      send_bytes_(tuning.records_per_send * (tls_record_plain_max + tls_record_overhead)) {
    socket_.fd = fd_.get();
    BIO* bio = make_tls_bio(socket_);
    if (!ssl_ || bio == nullptr) {
        BIO_free(bio);
        throw std::bad_alloc();
    }
    SSL_set_bio(ssl_.get(), bio, bio);
    if (context_->is_server()) {
        SSL_set_accept_state(ssl_.get());
    } else {
        SSL_set_connect_state(ssl_.get());
        set_peer_name();
        begin_live_peer(ssl_.get(), *context_);
    }
    if (BackendSessions* sessions = context_->sessions()) {
        if (const SessionPtr session = sessions->take(live_version_of(ssl_.get()))) {
            (void)SSL_set_session(ssl_.get(), session.get());  // if that fails, the handshake is a full one
        }
    }
}

void TlsPipe::set_peer_name() {
    const std::string& name = context_->server_name();
    if (name.empty()) {
        return;
    }
    bool is_address = runtime::SocketAddress::from_ip(name, 0).has_value();
    if (!is_address) {
        SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
    }
    if (context_->verifies()) {
        SSL_set_hostflags(ssl_.get(), name_check_flags);
        bool set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), name.c_str()) == 1
                              : SSL_set1_host(ssl_.get(), name.c_str()) == 1;
        if (!set) {
            throw std::bad_alloc();
        }
    }
}

IoStatus TlsPipe::handshake(std::string& why) {
    if (!open_ && !error_) {
        if (IoStatus status = step_handshake(); status == IoStatus::would_block && write_error_) {
            (void)step_handshake();  // an alert that has arrived meanwhile tells more than a failed send
        }
    }
    why = error_text_;
    if (error_ || write_error_) {
        return IoStatus::error;
    }
    return open_ ? flush() : IoStatus::would_block;
}

IoStatus TlsPipe::step_handshake() {
    ERR_clear_error();
    int result = SSL_do_handshake(ssl_.get());
    if (result != 1) {
        int kind = SSL_get_error(ssl_.get(), result);
        if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE) {
            return fail_handshake(handshake_failure());
        }
        (void)flush();
        return IoStatus::would_block;
    }
    if (std::string wrong = fault_of_peer(); !wrong.empty()) {
        return fail_handshake(std::move(wrong));
    }
    open_ = true;
    socket_.short_recv_drains = true;
    return IoStatus::ok;
}

// What is wrong with the peer although the handshake succeeded; empty if nothing is.
std::string TlsPipe::fault_of_peer() {
    if (context_->is_for_links()) {
        return link_fault(ssl_.get());
    }
    return context_->is_for_visitors() ? wrong_visitor() : wrong_peer();
}

// Checks the protocol and the pin; OpenSSL has verified chain and name.
std::string TlsPipe::wrong_peer() {
    const unsigned char* chosen = nullptr;
    unsigned chosen_bytes = 0;
    SSL_get0_alpn_selected(ssl_.get(), &chosen, &chosen_bytes);
    if (context_->is_for_backends()) {
        const std::string& needed = context_->needed_protocol();
        return needed.empty() || as_text({chosen, chosen_bytes}) == needed
                   ? wrong_key()
                   : "the backend does not select HTTP/2 (ALPN h2): write its address with https://";
    }
    if (as_text({chosen, chosen_bytes}) != tls_alpn) {
        return context_->is_server()
                   ? "the peer speaks TLS but is not a FerroTunnel client (it does not offer the protocol "
                     "ferrotunnel/1)"
                   : "the server speaks TLS but is not a FerroTunnel server (it does not select the protocol "
                     "ferrotunnel/1); check address and port";
    }
    return wrong_key();
}

// Checks the pin.
std::string TlsPipe::wrong_key() {
    const TrustAnchors* const anchors = anchors_of(ssl_.get());
    const auto& pin = context_->pin();
    if (!pin && (anchors == nullptr || anchors->pins.empty())) {
        return {};
    }
    X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
    const std::string digest = certificate != nullptr ? key_digest(certificate) : std::string();
    if (pin ? digest == *pin : anchors->accepts_key(digest)) {
        return {};
    }
    const std::string peer = context_->is_for_backends() ? context_->words().name : "server";
    return "the " + peer + "'s key is not the pinned one: it has " +
           (digest.empty() ? std::string("none") : fingerprint_text(digest)) + ", pinned is " +
           fingerprint_text(pin ? *pin : anchors->pins.front()) + "; if the " + peer +
           "'s key was not changed on purpose, the connection may be intercepted";
}

bool TlsPipe::certificate_covers(const std::string& host) const noexcept {
    X509* const certificate =
        open_ && !context_->is_server() && context_->verifies() ? SSL_get0_peer_certificate(ssl_.get()) : nullptr;
    return certificate != nullptr &&
           (X509_check_ip_asc(certificate, host.c_str(), 0) == 1 || has_host(certificate, host));
}

// Checks a visitor. The context's callbacks have decided on the handshake itself, but a resumed session has the
// certificate of its first handshake.
std::string TlsPipe::wrong_visitor() {
    visitor_ = finish_visitor_handshake(ssl_.get());
    X509* certificate = visitor_->resumed ? SSL_get0_peer_certificate(ssl_.get()) : nullptr;
    return certificate != nullptr && X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0
               ? "the visitor's certificate has expired since its session began"
               : "";
}

std::string TlsPipe::failure_text() {
    if (context_->is_for_backends()) {
        return backend_failure_text(ssl_.get(), context_->words());
    }
    if (context_->is_for_links()) {
        return link_failure_text(ssl_.get());
    }
    return context_->is_for_visitors() ? visitor_failure_text(ssl_.get())
                                       : tls_failure_text(ssl_.get(), context_->is_server());
}

IoStatus TlsPipe::fail_handshake(std::string text) {
    (void)socket_.send_out();  // the alert, if there is one
    error_ = std::make_error_code(std::errc::protocol_error);
    error_text_ = std::move(text);
    return IoStatus::error;
}

std::string TlsPipe::handshake_failure() {
    if (socket_.read_errno != 0) {
        ERR_clear_error();
        std::string why = std::error_code(socket_.read_errno, std::system_category()).message();
        if (socket_.read_errno == ECONNRESET && !context_->is_server() && !context_->is_for_backends()) {
            return "the connection was reset before the TLS handshake was complete; the server may have too many "
                   "connections, or a firewall blocks it: " +
                   why;
        }
        return "the connection failed during the TLS handshake: " + why;
    }
    if (socket_.saw_end) {
        ERR_clear_error();
        if (context_->is_for_backends()) {
            return "the backend closed the connection during the TLS handshake; it may not speak TLS on this port";
        }
        return context_->is_server()
                   ? "the peer closed the connection during the TLS handshake"
                   : "the server closed the connection during the TLS handshake; it may not speak TLS "
                     "on this port";
    }
    const std::string& plain_answer = context_->answer_to_plain_http();
    if (!plain_answer.empty() && tls_failure_is_plain_http()) {
        Bytes answer = as_bytes(plain_answer);
        socket_.out.append(answer.data(), answer.size());
    } else if (context_->is_server() && tls_failure_is_no_tls()) {
        // OpenSSL stays silent here. With an alert, a client of ours that has TLS off can inform its user.
        const std::uint8_t protocol_version_alert[] = {0x15, 0x03, 0x03, 0, 2, SSL3_AL_FATAL, SSL_AD_PROTOCOL_VERSION};
        socket_.out.append(protocol_version_alert, sizeof protocol_version_alert);
    }
    return failure_text();
}

void TlsPipe::note_error(std::error_code error, std::string_view text, std::error_code& where) noexcept {
    where = error;
    try {
        error_text_ = text.empty() ? error.message() : std::string(text);
    } catch (const std::bad_alloc&) {
        error_text_.clear();
    }
}

IoResult TlsPipe::fail_by_openssl() noexcept {
    if (socket_.read_errno != 0) {
        note_error({socket_.read_errno, std::system_category()}, {}, error_);
    } else if (was_reset()) {
        note_error(write_error_, {}, error_);
    } else if (socket_.saw_end) {
        note_error(std::make_error_code(std::errc::connection_aborted),
                   "truncated: the connection ended without a TLS close alert", error_);
    } else {
        try {
            note_error(std::make_error_code(std::errc::protocol_error), failure_text(), error_);
        } catch (const std::bad_alloc&) {
            note_error(std::make_error_code(std::errc::not_enough_memory), {}, error_);
        }
    }
    return {0, IoStatus::error, error_};
}

IoResult TlsPipe::read(MutableBytes into) noexcept {
    if (error_) {
        return {0, IoStatus::error, error_};
    }
    ERR_clear_error();
    std::size_t total = 0;
    socket_.drained = socket_.skipped = false;
    stopped_full_ = true;
    while (total < into.size()) {
        std::size_t got = 0;
        if (SSL_read_ex(ssl_.get(), into.data() + total, into.size() - total, &got) != 1) {
            if (total == 0 && std::exchange(socket_.skipped, false)) {
                continue;  // only part of a record was there: the socket itself must report that nothing is left
            }
            stopped_full_ = false;
            break;
        }
        total += got;
    }
    IoResult result = stopped_full_ ? IoResult{total, IoStatus::ok, {}} : stop_reading(total);
    if (!socket_.out.empty()) {
        (void)flush();  // the response to a key update
    }
    counters_.bytes_in += total;
    counters_.system_calls = socket_.system_calls;
    return result;
}

IoResult TlsPipe::stop_reading(std::size_t got) noexcept {
    switch (SSL_get_error(ssl_.get(), 0)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            return {got, IoStatus::would_block, {}};
        case SSL_ERROR_ZERO_RETURN:
            return {got, IoStatus::eof, {}};
        default: {
            IoResult result = fail_by_openssl();
            result.bytes = got;
            return result;
        }
    }
}

IoResult TlsPipe::write(std::span<const Bytes> pieces) noexcept {
    IoStatus status = flush();
    if (status != IoStatus::ok) {
        return {0, status, error_ ? error_ : write_error_};
    }
    ERR_clear_error();
    std::size_t accepted = 0;
    Cursor cursor(pieces);
    while (!cursor.done() && status == IoStatus::ok) {
        status = write_batch(cursor, accepted) ? flush() : IoStatus::error;
    }
    counters_.bytes_out += accepted;
    return {accepted, status, error_ ? error_ : write_error_};
}

// Makes records until there are enough for one send.
bool TlsPipe::write_batch(Cursor& cursor, std::size_t& accepted) noexcept {
    while (!cursor.done() && room() != 0) {
        Bytes piece = cursor.front();
        std::size_t count = std::min(piece.size(), room());
        if (!cursor.several_small()) {
            if (!write_record(piece.first(count))) {
                return false;
            }
            cursor.advance(count);
        } else {
            std::array<std::uint8_t, tls_record_plain_max> gathered;
            count = gather(cursor, MutableBytes(gathered).first(room()));
            if (!write_record(Bytes(gathered).first(count))) {
                return false;
            }
        }
        accepted += count;
    }
    return true;
}

// How much plain text the next record of this send may hold: a whole record or none. A send may be half a record longer
// or shorter than intended, so that a small record among large ones does not cut every record that follows.
std::size_t TlsPipe::room() const noexcept {
    return socket_.out.size() + tls_record_plain_max / 2 > send_bytes_ ? 0 : tls_record_plain_max;
}

std::size_t TlsPipe::gather(Cursor& cursor, MutableBytes into) noexcept {
    std::size_t filled = 0;
    while (!cursor.done() && cursor.front().size() < gather_below && filled < into.size()) {
        std::size_t count = std::min(cursor.front().size(), into.size() - filled);
        std::memcpy(into.data() + filled, cursor.front().data(), count);
        cursor.advance(count);
        filled += count;
    }
    counters_.bytes_copied += filled;
    return filled;
}

bool TlsPipe::write_record(Bytes plain) noexcept {
    std::size_t written = 0;
    if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written) == 1) {
        return true;
    }
    fail_by_openssl();
    return false;
}

IoStatus TlsPipe::flush() noexcept {
    if (error_ || write_error_) {
        return IoStatus::error;
    }
    IoResult result = socket_.send_out();
    counters_.system_calls = socket_.system_calls;
    if (result.status == IoStatus::error) {
        socket_.out.clear();
        note_error(result.error, {}, write_error_);
    } else if (result.status == IoStatus::ok && std::exchange(end_after_flush_, false)) {
        (void)runtime::shutdown_send(fd_.get());
    }
    return result.status;
}

void TlsPipe::shutdown() noexcept {
    if (open_ && !error_) {
        ERR_clear_error();
        (void)SSL_shutdown(ssl_.get());
    }
    end_after_flush_ = true;
    if (flush() == IoStatus::error) {
        (void)runtime::shutdown_send(fd_.get());
    }
}

bool TlsPipe::exporter(MutableBytes out32) noexcept {
    static constexpr std::string_view label = "EXPORTER-Channel-Binding";
    return open_ && out32.size() == 32 &&
           SSL_export_keying_material(ssl_.get(), out32.data(), out32.size(), label.data(), label.size(), nullptr, 0,
                                      0) == 1;
}

KeyGroup TlsPipe::key_group() const noexcept {
    return key_group_of(ssl_.get());
}

std::string TlsPipe::description() const {
    std::string text = std::string(SSL_get_version(ssl_.get())) + ' ' + SSL_get_cipher_name(ssl_.get());
    if (const std::string_view group = name_of(key_group()); !group.empty()) {
        text.append(" ").append(group);
    }
    return text;
}

}  // namespace

std::unique_ptr<Pipe> make_tls_pipe(runtime::Fd socket, std::shared_ptr<TlsContext> context, TlsPipeTuning tuning) {
    return std::make_unique<TlsPipe>(std::move(socket), std::move(context), tuning);
}

}  // namespace ferrotunnel::transport
