// When an instance of a plugin runs: its `when`, an expression over the request (docs/plugins/when.md).
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

/// A note that a condition looks at, and where in its source.
struct NoteRead {
    std::string name;
    expression::Place place;
};
std::vector<NoteRead> notes_read_by(const expression::Expression& condition);

/// A request as conditions see it. The texts live as long as this.
struct ConditionRequest {
    std::string_view method;
    std::string_view path;   // in canonical form: the visitor's, or what plugins have made of it
    std::string_view query;  // with or without its '?'
    std::string_view host;
    std::string_view visitor;
    std::string_view service;
    std::int64_t size = 0;
    bool tls = false;
};

/// Answers for the maps of a request.
class ConditionMaps {
public:
    /// The first field of that name, in any case of its letters.
    virtual std::optional<std::string_view> header(std::string_view name) const = 0;
    virtual std::optional<std::string_view> note(std::string_view name) const = 0;

protected:
    ~ConditionMaps() = default;
};

enum class Verdict : std::uint8_t {
    runs,
    skips,
    depends,  // readings of the path differ in it, or no visitor may send that path
};

/// Whether the condition holds, for all readings of the path: `request.path` is each of them in turn, in the form in
/// which the router compares paths. Any thread.
Verdict look(const expression::Expression& condition, const ConditionRequest& request,
             const ConditionMaps& maps) noexcept;

}  // namespace ferrotunnel::plugin
