#include "transport/live_peer.hpp"

#include <memory>
#include <new>

#include "transport/tls_context.hpp"

namespace ferrotunnel::transport {
namespace {

struct LivePeer {
    std::uint64_t version = 0;
    std::shared_ptr<const TrustAnchors> anchors;
};

void free_live_peer(void*, void* peer, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<LivePeer*>(peer);
}

int place_of_live_peer() {
    static const int place = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_live_peer);
    return place;
}

const LivePeer* live_peer(const SSL* ssl) noexcept {
    return static_cast<const LivePeer*>(SSL_get_ex_data(ssl, place_of_live_peer()));
}

}  // namespace

std::uint64_t live_version(const TlsContext& context) noexcept {
    return (context.credential() ? context.credential()->version() : 0) +
           (context.trust() ? context.trust()->version() : 0);
}

void begin_live_peer(SSL* ssl, const TlsContext& context) {
    if (!context.trust() && !context.credential()) {
        return;
    }
    auto peer = std::make_unique<LivePeer>();
    peer->version = live_version(context);  // first: see Live::version
    if (context.trust()) {
        peer->anchors = context.trust()->current();
        X509_STORE* const store = peer->anchors->store.get();
        if (store != nullptr && SSL_set1_verify_cert_store(ssl, store) != 1) {
            throw std::bad_alloc();
        }
    }
    if (SSL_set_ex_data(ssl, place_of_live_peer(), peer.get()) != 1) {
        throw std::bad_alloc();
    }
    (void)peer.release();
}

const TrustAnchors* anchors_of(const SSL* ssl) noexcept {
    const LivePeer* const peer = live_peer(ssl);
    return peer != nullptr ? peer->anchors.get() : nullptr;
}

std::uint64_t live_version_of(const SSL* ssl) noexcept {
    const LivePeer* const peer = live_peer(ssl);
    return peer != nullptr ? peer->version : 0;
}

}  // namespace ferrotunnel::transport
