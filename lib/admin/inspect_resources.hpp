// The resources of the inspector below /v1/exchanges. docs/control.md describes them.
#pragma once

#include "admin/answer.hpp"
#include "admin/resources.hpp"
#include "admin/subject.hpp"

namespace ferrotunnel::admin {

inline constexpr std::string_view exchanges_path = "/v1/exchanges";

/// `request.path` starts with `exchanges_path`.
Answer answer_about_exchanges(const Request& request, Subject& subject);

/// Rebuilds a request, unchanged or with the parts in `edits` (`method`, `target`, `headers`, `body`), or returns a
/// refusal. Masked values of `exchange` are taken from `original`, also in edits: a mask is never sent.
struct ReplayRequest {
    std::string bytes{};
    std::optional<Answer> refused{};
};
ReplayRequest build_replay(const inspect::Exchange& exchange, const inspect::Original& original,
                           const inspect::Secrets& secrets, const Json& edits);

}  // namespace ferrotunnel::admin
