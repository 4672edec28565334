// The condition of a plugin instance: its `when`, an expression over the request (docs/plugins/when.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "expression/expression.hpp"

namespace ferrotunnel::plugin {

/// Compiles a condition over requests.
Result<expression::Expression, expression::Fault> compile_condition(std::string_view source);

/// A note that a condition reads, and its place in the source.
struct NoteRead {
    std::string name;
    expression::Place place;
};
std::vector<NoteRead> notes_read_by(const expression::Expression& condition);

/// A request for conditions. The texts must live as long as this object.
struct ConditionRequest {
    std::string_view method;
    std::string_view path;   // in canonical form: the visitor's path, or the one that plugins have set
    std::string_view query;  // with or without its '?'
    std::string_view host;
    std::string_view visitor;
    std::string_view service;
    std::int64_t size = 0;
    bool tls = false;
};

/// Looks up keys in the maps of a request.
class ConditionMaps {
public:
    /// The first field of that name, in any case.
    virtual std::optional<std::string_view> header(std::string_view name) const = 0;
    virtual std::optional<std::string_view> note(std::string_view name) const = 0;

protected:
    ~ConditionMaps() = default;
};

enum class Verdict : std::uint8_t {
    runs,
    skips,
    depends,  // readings of the path differ in the result, or no visitor may send that path
};

/// Evaluates the condition for all readings of the path: `request.path` is each of them in turn, in the form in which
/// the router compares paths. Thread-safe.
Verdict evaluate(const expression::Expression& condition, const ConditionRequest& request,
                 const ConditionMaps& maps) noexcept;

}  // namespace ferrotunnel::plugin
