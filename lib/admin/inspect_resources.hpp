// The resources of the inspector: what below /v1/exchanges asks for what. docs/control.md describes them.
#pragma once

#include "admin/answer.hpp"
#include "admin/resources.hpp"
#include "admin/subject.hpp"

namespace ferrotunnel::admin {

inline constexpr std::string_view exchanges_path = "/v1/exchanges";

/// `request.path` begins with `exchanges_path`.
Answer answer_about_exchanges(const Request& request, Subject& subject);

/// A request again, as it was or with what `edits` says instead (`method`, `target`, `headers`, `body`); a refusal
/// where that cannot be. What is masked in `exchange` is taken from `original`, in edits too: no mask is sent.
struct Again {
    std::string bytes{};
    std::optional<Answer> refused{};
};
Again request_again(const inspect::Exchange& exchange, const inspect::Original& original,
                    const inspect::Secrets& secrets, const Json& edits);

}  // namespace ferrotunnel::admin
