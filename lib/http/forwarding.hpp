// Fields that report to a backend who sent the request: X-Forwarded-For, -Proto, -Host and -Port, X-Real-IP, Forwarded,
// Via and X-Request-Id; and those about its client certificate (certificate_fields.hpp). They are made from the
// immediate peer; the request's own fields count only if that peer is trusted. All other claims of an untrusted peer,
// see is_claim(), are removed.
//
// Each trusted proxy may have appended an element to each of the lists. The visitor's element of X-Forwarded-Proto,
// -Host and -Port is as far from the right as its address is in X-Forwarded-For; if the two lists differ in length, not
// every proxy has appended to both, and the last element counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/client_certificate.hpp"
#include "base/limits.hpp"
#include "http/edits.hpp"
#include "http/head.hpp"

namespace ferrotunnel::http {

struct ForwardingFacts {
    /// The visitor's address as text, without port or brackets.
    std::string_view peer;
    /// The peer is one of `trusted_proxies`: its fields about the visitor are trusted.
    bool trusted = false;
    /// Called for each address of a trusted peer's X-Forwarded-For, from the right, until one is not trusted: that one
    /// is the visitor, and those left of it could be forged. Null if no address is trusted, so the rightmost is the
    /// visitor.
    bool (*is_trusted)(const void* context, std::string_view address) = nullptr;
    const void* context = nullptr;

    bool https = false;
    bool http2 = false;              // the visitor uses it, whatever version the head was converted to
    bool trusts_request_id = false;  // X-Request-Id is trusted, even if nothing else is
    /// Made by the caller; used unless a trusted peer sent its own.
    std::string_view request_id;
    bool forwarded = false;  // also write Forwarded (RFC 7239); otherwise it is removed
    std::string_view via;    // the name to add to Via, a token; empty: Via is not changed

    /// The visitor's TLS connection was made under a rule about client certificates: the fields about them are the
    /// edge's, even if the peer is trusted.
    bool owns_certificate = false;
    const ClientCertificate* certificate = nullptr;  // null: it has presented none; unused without the rule
};

/// Computes the values of these fields, and holds the texts that edits point to: it has to live until the head is
/// written.
class Forwarding {
public:
    Forwarding(const RequestHead& head, const ForwardingFacts& facts) noexcept;
    Forwarding(const Forwarding&) = delete;
    Forwarding& operator=(const Forwarding&) = delete;

    /// The visitor's address, without port or brackets: the peer's, or the one that a trusted peer reports.
    std::string_view client() const noexcept { return client_; }
    std::string_view request_id() const noexcept { return request_id_; }
    /// The authority that the visitor requested, as far as that can be trusted.
    std::string_view host() const noexcept { return host_; }
    /// Whether the visitor used HTTPS, as far as that can be trusted.
    bool https() const noexcept { return https_; }
    /// The request has passed this edge before: Via contains `facts.via`. Such a request is answered with 508.
    bool loops() const noexcept { return loops_; }

    /// Adds the fields to `edits`; false if there was no room for all of them.
    bool write(Edits& edits) const noexcept;

private:
    /// X-Forwarded-For as a trusted peer sent it.
    struct Chain {
        std::size_t size = 0;     // number of elements
        std::size_t visitor = 0;  // which of them, counted from the right, is the visitor
    };

    Chain read_chain(const RequestHead& head, const ForwardingFacts& facts) noexcept;
    void read_request_id(const RequestHead& head, const ForwardingFacts& facts) noexcept;
    void read_origin(const RequestHead& head, const ForwardingFacts& facts, const Chain& chain) noexcept;
    void write_forwarded(const ForwardingFacts& facts) noexcept;
    void write_via(const RequestHead& head, const ForwardingFacts& facts) noexcept;
    bool prepend(std::string_view address) noexcept;

    std::string_view client_;
    std::string_view request_id_;
    std::string_view host_;
    std::string_view port_;
    std::string_view chain_;  // the end of chain_room_
    std::string_view forwarded_;
    std::string_view via_;
    const ClientCertificate* certificate_;
    bool owns_certificate_;
    bool trusted_;
    bool https_ = false;
    bool loops_ = false;
    std::array<char, 6> port_room_;
    std::array<char, limits::http_forwarded_max> chain_room_;
    std::array<char, limits::http_forwarded_max> forwarded_room_;
    std::array<char, 300> via_room_;
};

/// Whether a request id may be kept: it has 1 to 128 letters, digits and -._~+/=:@
bool is_request_id(std::string_view text) noexcept;

/// How many programs an OPTIONS request may still pass, by its Max-Forwards (RFC 9110, 7.6.2); empty if the field is
/// missing, present twice, or not a number. A number that is too large counts as the largest possible one. TRACE, the
/// other method that may have Max-Forwards, is rejected.
std::optional<std::uint32_t> max_forwards(const RequestHead& head) noexcept;

}  // namespace ferrotunnel::http
