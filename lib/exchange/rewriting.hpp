// Rewrites a request's head for its backend, and the heads of the response for the visitor: adds what forwarding needs,
// and applies the service's rules. A service without rules costs a few comparisons.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/head_scratch.hpp"
#include "exchange/request_facts.hpp"
#include "exchange/stages.hpp"
#include "hooks/http_run.hpp"
#include "http/edits.hpp"
#include "http/head_writer.hpp"
#include "http/rewrite.hpp"
#include "http/rules.hpp"
#include "trace/context.hpp"

namespace ferrotunnel::exchange {

class Rewriting {
public:
    /// Writes the head for the backend into `scratch.head_room()`, and returns its size. From then on the request's
    /// context has no upgrade if the service allows none. A service of another member gets the head as it arrived, with
    /// the request's id. `run`: the plugins that the request has passed, or null.
    /// `trace`: its place in its trace; null: the visitor's trace fields are passed on.
    std::size_t write_request(const IncomingRequest& arrival, RequestFacts& request, const hooks::HttpRun* run,
                              const trace::Context* trace, HeadScratch& scratch);
    /// Adds to `edits` the changes to a head of the backend's response. False if they have no room for the rules.
    bool edit_answer(const http::ResponseHead& head, const RequestFacts& request, const EdgeSettings& settings,
                     HeadScratch& scratch, http::Edits& edits) const;

private:
    /// What is needed to map back the response to a rewritten request.
    struct Rewritten {
        std::string visitor_authority;
        std::string backend_authority;  // empty: the visitor's
        std::optional<http::PrefixMap> prefix;
        std::string path;  // for the backend
    };

    void rewrite_target(const http::RequestHead& head, const directory::HttpDescription& service,
                        http::RequestOut& out);
    bool map_own_address(const IncomingRequest& arrival, const directory::HttpDescription& service,
                         HeadScratch& scratch, http::Edits& edits) const;
    void map_back(const http::ResponseHead& head, bool by_tls, HeadScratch& scratch, http::Edits& edits) const;

    std::unique_ptr<Rewritten> rewritten_;  // null unless a rule changes host or path
};

/// Adds Strict-Transport-Security to a response over TLS, by the service's rule or else the edge's; only if the service
/// is known, and not to gRPC calls.
void add_hsts(const RequestFacts& request, const EdgeSettings& settings, HeadScratch& scratch, http::Edits& edits);

/// Rules that remove fields from the heads of one direction, and so from its trailers.
struct TrailerRules {
    const std::vector<http::HeaderRule>& rules;
    const hooks::HttpRun* run = nullptr;  // null without plugins
    bool (hooks::HttpRun::*put)(http::Edits&) const noexcept = nullptr;
};

/// Writes the last chunk with these trailers; valid until another head is written. `connection`: names from the head's
/// Connection, which are not passed on.
std::string_view write_trailers(const http::Fields& trailers, const TrailerRules& rules, std::string_view connection,
                                HeadScratch& scratch);

}  // namespace ferrotunnel::exchange
