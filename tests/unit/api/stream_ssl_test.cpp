// asio::ssl over a Stream: end-to-end encryption between a visitor and the application, through the tunnel.
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <asio/ssl.hpp>
#include <memory>

#include "unit/api/app.hpp"

namespace ferrotunnel::test {
namespace {

using asio::use_awaitable;

// A self-signed certificate, only in memory.
void add_certificate(asio::ssl::context& context) {
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    REQUIRE(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
    REQUIRE(SSL_CTX_use_certificate(context.native_handle(), certificate.get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context.native_handle(), key.get()) == 1);
}

}  // namespace

TEST_CASE("asio::ssl::stream works over a Stream", "[stream][ssl]") {
    asio::io_context io;  // outlives the pair's thread, which posts to it
    SessionPair pair;
    Listener listener = pair.make_listener(io.get_executor());
    Ends ends = connect(io, pair, listener);
    asio::ssl::context server_context(asio::ssl::context::tls_server);
    add_certificate(server_context);
    asio::ssl::context client_context(asio::ssl::context::tls_client);
    asio::ssl::stream<Stream> visitor(std::move(ends.near), client_context);
    asio::ssl::stream<Stream> service(std::move(ends.far), server_context);
    const auto question = pattern(500'000, 21);
    const auto answer = pattern(700'000, 22);

    auto visit = [&]() -> asio::awaitable<void> {
        co_await visitor.async_handshake(asio::ssl::stream_base::client, use_awaitable);
        co_await asio::async_write(visitor, asio::buffer(question), use_awaitable);
        std::vector<std::uint8_t> got(answer.size());
        co_await asio::async_read(visitor, asio::buffer(got), use_awaitable);
        CHECK(got == answer);
        std::error_code ec;
        std::uint8_t more = 0;
        co_await visitor.async_read_some(asio::buffer(&more, 1), asio::redirect_error(use_awaitable, ec));
        CHECK(ec == asio::error::eof);  // close_notify
        co_await visitor.async_shutdown(asio::redirect_error(use_awaitable, ec));
        visitor.next_layer().close();
    };
    auto serve = [&]() -> asio::awaitable<void> {
        co_await service.async_handshake(asio::ssl::stream_base::server, use_awaitable);
        std::vector<std::uint8_t> got(question.size());
        co_await asio::async_read(service, asio::buffer(got), use_awaitable);
        CHECK(got == question);
        co_await asio::async_write(service, asio::buffer(answer), use_awaitable);
        std::error_code ec;
        co_await service.async_shutdown(asio::redirect_error(use_awaitable, ec));
        service.lowest_layer().close();
    };
    run_all(io, visit(), serve());
}

}  // namespace ferrotunnel::test
