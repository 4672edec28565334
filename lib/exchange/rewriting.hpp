// A request's head as its backend gets it, and the backend's answer as the visitor gets it: what forwarding adds, and
// what the service's rules change. A service without rules costs a few comparisons.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/head_scratch.hpp"
#include "exchange/request_facts.hpp"
#include "exchange/stages.hpp"
#include "http/edits.hpp"
#include "http/head_writer.hpp"
#include "http/rewrite.hpp"
#include "http/rules.hpp"

namespace ferrotunnel::exchange {

class Rewriting {
public:
    /// Writes the head into `scratch.head_room()`, and its size into `size`. From then on the request's id and whether
    /// it came by TLS are as a trusted proxy says. Or says what the visitor is answered instead: 508 in a loop.
    std::optional<Instead> write_request(const Arrival& arrival, RequestFacts& request, HeadScratch& scratch,
                                         std::size_t& size);
    /// What is changed in a head of the backend's answer. False: there was no room.
    bool edit_answer(const http::ResponseHead& head, const RequestFacts& request, const HttpSettings& settings,
                     HeadScratch& scratch, http::Edits& edits) const;

private:
    /// What an answer is mapped back by.
    struct Rewritten {
        std::string seen_authority;
        std::string backend_authority;  // empty: as the visitor's
        std::optional<http::PrefixMap> prefix;
        std::string path;  // for the backend
    };

    bool apply_rules(const http::RequestHead& head, const directory::HttpDescription& service, http::RequestOut& out,
                     http::Edits& edits);
    void map_back(const http::ResponseHead& head, bool by_tls, HeadScratch& scratch, http::Edits& edits) const;

    std::unique_ptr<Rewritten> rewritten_;  // where a rule changes host or path
};

/// Strict-Transport-Security, in answers over TLS.
void add_hsts(const RequestFacts& request, const HttpSettings& settings, HeadScratch& scratch, http::Edits& edits);

/// The last chunk and these trailers under the rules of one direction; good until another head is written.
/// `connection`: names that the head's Connection had, which are not passed on.
std::string_view write_trailers(const http::Fields& trailers, const std::vector<http::HeaderRule>& rules,
                                std::string_view connection, HeadScratch& scratch);

}  // namespace ferrotunnel::exchange
