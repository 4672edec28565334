// What the two halves of http_corpus.cpp have in common: visitors with addresses of their own, so that the edge's
// X-Real-IP tells the backend which of them has sent a request, whatever that request looked like; and what goes wrong.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "backend.hpp"
#include "socket.hpp"
#include "stream.hpp"
#include "strict_http.hpp"
#include "support/http_corpus.hpp"

namespace e2e {

using ferrotunnel::test::escape;
using ferrotunnel::test::HttpCase;

struct CorpusRun {
    Address edge;
    std::string folder;
    int clients = 20;
    std::uint16_t backend_port = 0;
};

/// Collects what is wrong, from all threads; prints the first problems.
class Problems {
public:
    void add(const std::string& where, const std::string& what);
    std::size_t count() const;

private:
    mutable std::mutex mutex_;
    std::size_t count_ = 0;
};

/// 127.(10 + client).x.y, for the connection `number` of a client; no two are alike.
std::string address_of(int client, int number);

/// A connection of a visitor.
class Visit {
public:
    Visit(const CorpusRun& run, int client, int number);

    const std::string& address() const { return address_; }
    /// Sends the bytes, in two pieces when `cut` lies within them.
    bool send(std::string_view bytes, std::size_t cut = 0);
    void finish();
    StreamReader& stream() { return stream_; }
    StrictReader& http() { return http_; }
    /// Reads the next response that is not an interim one, to its end.
    Reading response(StrictMessage& message, std::string_view method);
    /// Reads on to the connection's end. True when nothing else came before it.
    bool nothing_more();

private:
    std::string address_;
    Socket socket_;
    StreamReader stream_;
    StrictReader http_;
};

/// Lines of a head without those that the edge adds to requests, or to responses.
std::string without_forwarding(std::string_view head);
std::string without_additions(std::string_view head);

/// Empty when X-Forwarded-* and X-Real-IP say that the request came from `address`, and from nobody else.
std::string forged(const StrictMessage& request, const std::string& address);

/// Runs each client on a thread of its own.
void run_clients(int count, const std::function<void(int client)>& run);

// Both return 0 when all is as it has to be.
int run_requests(const CorpusRun& run);
int run_responses(const CorpusRun& run);

}  // namespace e2e
