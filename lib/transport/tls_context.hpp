// TLS configuration of our ends. With each other: 1.3 only, ALPN ferrotunnel/1, no tickets, no resumption, no early
// data. With backends of services, as their clients: also 1.2, and with resumed sessions. Links between servers have
// contexts of link_context.hpp, visitors those of visitor_tls.hpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "transport/certificate_expiry.hpp"
#include "transport/pipe.hpp"

struct ssl_ctx_st;

namespace ferrotunnel::transport {

class BackendSessions;
class CredentialState;
class TrustState;

inline constexpr const char* tls_alpn = "ferrotunnel/1";

/// An error of a certificate, key, pin or their files, in words for the user.
class TlsConfigError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct TlsServerSettings {
    /// PEM files: the chain, our own certificate first, and its key. Set both or neither.
    std::filesystem::path certificate_file{};
    std::filesystem::path key_file{};
    /// Instead of these files; null: none.
    std::shared_ptr<CredentialState> credential{};
    /// Where a self-signed certificate is kept if no files are given. Empty if it exists in memory only.
    std::filesystem::path state_directory{};
    /// Clients must have a certificate of this CA. Empty if none is requested.
    std::filesystem::path client_ca_file{};
};

struct TlsClientSettings {
    /// The name or address that was connected to: used for SNI, and checked against the certificate when a CA is used.
    std::string server_name{};
    /// Chain and name are verified against this file, or against the system's store. With neither, the server is
    /// trusted because of the proof of the token over the exporter.
    std::filesystem::path ca_file{};
    bool system_ca = false;
    /// "sha256:<hex or base64>" of the server's SubjectPublicKeyInfo.
    std::string pin{};
    /// Instead of all of these; null: none.
    std::shared_ptr<TrustState> trust{};
    /// Our certificate, for servers that request one. Set both or neither.
    std::filesystem::path certificate_file{};
    std::filesystem::path key_file{};
};

/// What messages about failures call a peer that we connect to, and what they propose.
struct TlsPeerWords {
    std::string name = "backend";
    std::string unknown_issuer = "specify the CA that signed it";
    std::string mismatch = "set backend_name to one of its names";
    std::string without_names = "give the backend one that has it (`subjectAltName=DNS:NAME`), or set backend_insecure";
};

/// For connections to the backend of a service. Its certificate and name are verified unless `insecure` is set.
struct TlsBackendSettings {
    /// Name or address: used for SNI, and the certificate must have it.
    std::string server_name{};
    /// CAs, or the backend's own certificate. Empty: the system's store is used.
    std::filesystem::path ca_file{};
    bool insecure = false;
    /// The protocol offered by ALPN: "http/1.1", "h2" (which the backend then has to select) or none.
    std::string protocol{};
    /// Instead of `ca_file`; null: none. One of pins only verifies neither chain nor name.
    std::shared_ptr<TrustState> trust{};
    /// Our certificate, for backends that request one. Set both or neither.
    std::filesystem::path certificate_file{};
    std::filesystem::path key_file{};
    /// Instead of these files; null: none.
    std::shared_ptr<CredentialState> credential{};
    TlsPeerWords words{};
};

/// Sets the options of a context for make_tls_pipe, whatever its purpose: buffers that idle connections do not hold,
/// large reads.
void prepare_for_pipe(ssl_ctx_st* context) noexcept;

/// TLS settings for one kind of connection. Immutable once made, so any number of threads may make pipes with it.
class TlsContext {
public:
    /// Throws TlsConfigError. May create the certificate in the state directory.
    static std::shared_ptr<TlsContext> make_server(const TlsServerSettings& settings);
    static std::shared_ptr<TlsContext> make_client(const TlsClientSettings& settings);
    static std::shared_ptr<TlsContext> make_for_backend(const TlsBackendSettings& settings);
    /// Makes a context for visitors: all decisions are made by the callbacks of `context` (visitor_tls.hpp), whose
    /// argument `keeps` owns. `context` is taken over. `answer_to_plain_http` may be empty.
    static std::shared_ptr<TlsContext> make_for_visitors(ssl_ctx_st* context, std::shared_ptr<void> keeps,
                                                         std::string answer_to_plain_http);
    /// Makes a context for links (link_context.hpp). `context` is taken over; its callbacks use what `keeps` owns.
    static std::shared_ptr<TlsContext> make_for_links(ssl_ctx_st* context, bool accepts, std::shared_ptr<void> keeps);
    /// The same for another server: of a client's context. They share the OpenSSL context, so no file is read.
    std::shared_ptr<TlsContext> for_server(std::string server_name) const;
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    bool is_server() const noexcept { return server_; }
    /// True for a server's context that is for visitors, and not for our own clients.
    bool is_for_visitors() const noexcept { return use_ == Use::visitors; }
    /// True for a client's context that is for the backend of a service, and not for our own servers.
    bool is_for_backends() const noexcept { return use_ == Use::backends; }
    /// True for the context of either end of a link between the members of a cluster.
    bool is_for_links() const noexcept { return use_ == Use::links; }
    /// "sha256:<base64>" of our certificate's public key, in the form of `pin`; empty without a certificate.
    std::string fingerprint() const;
    /// Whether both use the same certificate with the same chain.
    bool shows_the_same(const TlsContext& other) const noexcept;

    /// When our certificate expires; empty without one.
    std::optional<CertificateExpiry> expiry() const;

    /// The file of the private key if all users of this machine can read it; otherwise empty.
    const std::string& exposed_key() const noexcept { return exposed_key_; }

    // For TlsPipe.
    ssl_ctx_st* native() const noexcept { return context_; }
    const std::string& server_name() const noexcept { return server_name_; }
    const std::optional<std::string>& pin() const noexcept { return pin_; }  // 32 raw bytes
    bool verifies() const noexcept { return verifies_; }
    /// Whether the peer needs a certain key, by `pin` or `trust`.
    bool is_pinned() const noexcept;
    /// What the application may replace; null: nothing.
    const std::shared_ptr<CredentialState>& credential() const noexcept { return credential_; }
    const std::shared_ptr<TrustState>& trust() const noexcept { return trust_; }
    /// The protocol that a backend has to select by ALPN; empty: any, or none.
    const std::string& needed_protocol() const noexcept { return needed_protocol_; }
    const std::string& answer_to_plain_http() const noexcept { return answer_to_plain_http_; }
    const TlsPeerWords& words() const noexcept { return words_; }
    /// Sessions to resume with backends; null for other contexts.
    BackendSessions* sessions() const noexcept { return sessions_.get(); }

private:
    enum class Use : std::uint8_t { tunnels, visitors, backends, links };

    TlsContext();
    void set_credential(const std::shared_ptr<CredentialState>& credential);

    ssl_ctx_st* context_ = nullptr;
    Use use_ = Use::tunnels;
    bool server_ = false;
    bool verifies_ = false;
    std::string fingerprint_;
    std::string exposed_key_;
    std::filesystem::path certificate_file_;  // of our certificate; empty if it was made here
    std::string server_name_;
    std::string needed_protocol_;
    TlsPeerWords words_;
    std::optional<std::string> pin_;
    std::shared_ptr<CredentialState> credential_;
    std::shared_ptr<TrustState> trust_;
    std::shared_ptr<void> keeps_;
    std::string answer_to_plain_http_;
    std::unique_ptr<BackendSessions> sessions_;
};

}  // namespace ferrotunnel::transport
