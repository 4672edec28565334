#include "acme/problem.hpp"

#include <algorithm>
#include <array>

#include "acme/http.hpp"
#include "acme/limits.hpp"
#include "acme/problem_document.hpp"
#include "base/text.hpp"

namespace ferrotunnel::acme {

namespace {

constexpr std::string_view error_prefix = "urn:ietf:params:acme:error:";
// Details of more subproblems than this are not shown.
constexpr std::size_t subproblems_shown_max = 8;

struct TypeKind {
    std::string_view type;
    Problem::Kind kind;
};

// Types of RFC 8555, 6.7, whose kind does not follow from the status.
constexpr std::array type_kinds{
    TypeKind{"accountDoesNotExist", Problem::Kind::account},
    TypeKind{"externalAccountRequired", Problem::Kind::account},
    TypeKind{"unauthorized", Problem::Kind::account},
    TypeKind{"userActionRequired", Problem::Kind::account},
    TypeKind{"invalidContact", Problem::Kind::account},
    TypeKind{"unsupportedContact", Problem::Kind::account},
    TypeKind{"rateLimited", Problem::Kind::limited},
    TypeKind{"serverInternal", Problem::Kind::unreachable},
    TypeKind{"connection", Problem::Kind::validation},
    TypeKind{"dns", Problem::Kind::validation},
    TypeKind{"tls", Problem::Kind::validation},
    TypeKind{"incorrectResponse", Problem::Kind::validation},
};

std::optional<Problem::Kind> kind_of_type(std::string_view type) noexcept {
    const auto found = std::find_if(type_kinds.begin(), type_kinds.end(),
                                    [type](const TypeKind& known) { return known.type == type; });
    return found == type_kinds.end() ? std::nullopt : std::optional(found->kind);
}

Problem::Kind kind_of(std::uint16_t status, std::string_view type) noexcept {
    if (status == 429) {
        return Problem::Kind::limited;
    }
    if (const std::optional<Problem::Kind> kind = kind_of_type(type)) {
        return *kind;
    }
    // Without a type it is the word of a proxy in between, or of a CA that does not answer as one.
    return type.empty() || status >= 500 ? Problem::Kind::unreachable : Problem::Kind::refused;
}

std::string detail_of(const nlohmann::json& document) {
    const std::string detail = text_of(document, "detail");
    return detail.empty() ? text_of(document, "title") : detail;
}

std::string details_of(const nlohmann::json& document) {
    std::string text = detail_of(document);
    const nlohmann::json& parts = member_of(document, "subproblems");
    if (parts.is_array()) {
        for (std::size_t at = 0; at < std::min(parts.size(), subproblems_shown_max); ++at) {
            const std::string detail = detail_of(parts[at]);
            const std::string name = text_of(member_of(parts[at], "identifier"), "value");
            text += detail.empty() ? "" : (text.empty() ? "" : "; ") + (name.empty() ? "" : name + ": ") + detail;
        }
    }
    return text;
}

std::optional<std::chrono::seconds> bounded_wait(std::optional<std::chrono::seconds> wait) {
    if (!wait || wait->count() < 0) {
        return {};
    }
    return std::min<std::chrono::seconds>(*wait, limits::retry_after_max);
}

}  // namespace

std::string_view name_of(Problem::Kind kind) noexcept {
    switch (kind) {
        case Problem::Kind::unreachable:
            return "unreachable";
        case Problem::Kind::overdue:
            return "overdue";
        case Problem::Kind::limited:
            return "limited";
        case Problem::Kind::account:
            return "account";
        case Problem::Kind::refused:
            return "refused";
        case Problem::Kind::validation:
            return "validation";
        case Problem::Kind::wrong_chain:
            return "wrong_chain";
        case Problem::Kind::local:
            return "local";
    }
    return "unknown";
}

std::string problem_type(const nlohmann::json& document) {
    const std::string type = text_of(document, "type");
    return type.starts_with(error_prefix)
               ? printable(std::string_view(type).substr(error_prefix.size()), limits::type_max)
               : std::string();
}

std::string problem_text(const nlohmann::json& document) {
    const std::string type = problem_type(document);
    const std::string ending = type.empty() ? "" : " (" + type + ")";
    const std::string details = printable(details_of(document), limits::text_max - ending.size());
    return details.empty() ? type : details + ending;
}

Problem read_failure(const nlohmann::json& document) {
    constexpr std::array refusals{"caa",    "rejectedIdentifier", "unsupportedIdentifier",
                                  "badCSR", "badPublicKey",       "invalidProfile"};
    Problem problem{Problem::Kind::validation, problem_type(document), problem_text(document), {}};
    if (std::find(refusals.begin(), refusals.end(), problem.type) != refusals.end()) {
        problem.kind = Problem::Kind::refused;
    } else if (problem.type == "rateLimited") {
        problem.kind = Problem::Kind::limited;
    } else if (problem.type == "serverInternal") {
        problem.kind = Problem::Kind::unreachable;
    }
    if (problem.text.empty()) {
        problem.text = "the CA gives no reason";
    }
    return problem;
}

Problem with_context(std::string_view context, Problem problem) {
    problem.text = printable(std::string(context) + ": " + problem.text, limits::text_max);
    return problem;
}

Problem read_problem(const HttpReply& reply) {
    Problem problem;
    problem.retry_after = bounded_wait(reply.retry_after);
    if (reply.status == 0 || !reply.error.empty()) {
        problem.text = printable(reply.error.empty() ? "no response" : reply.error, limits::text_max);
        return problem;
    }
    const std::string status = "the CA answered with HTTP status " + std::to_string(reply.status);
    if (reply.status >= 300 && reply.status < 400) {
        // No CA answers so: its problem document, if there is one, says nothing about the order.
        const std::string target = reply.location.empty() ? std::string() : " to " + reply.location;
        problem.text = printable(status + ", a redirect" + target + ", which is not followed", limits::text_max);
        return problem;
    }
    const std::optional<nlohmann::json> document = read_json_object(reply.body);
    problem.type = document ? problem_type(*document) : std::string();
    problem.kind = kind_of(reply.status, problem.type);
    problem.text = document ? problem_text(*document) : std::string();
    if (problem.text.empty()) {
        problem.text = status;
    }
    return problem;
}

}  // namespace ferrotunnel::acme
