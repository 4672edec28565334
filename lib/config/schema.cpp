#include "config/schema.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "config/document.hpp"
#include "config/schema_check.hpp"
#include "config/schema_compile.hpp"
#include "config/schema_describe.hpp"

namespace ferrotunnel::config {

Schema::Schema(SchemaNode root) : root_(std::make_shared<const SchemaNode>(std::move(root))) {}

Result<Schema, std::vector<Finding>> Schema::compile(std::string_view text) {
    // Each key of an object is two levels deeper than the object itself: below `properties` and below its name. One
    // more schema than allowed fits, so that the limit of schemas is reported.
    constexpr DocumentBounds bounds{2 * (limits::schema_depth_max + 1), limits::config_values_max};
    Report report;
    const Node document = parse_document(text, report, bounds);
    if (!report.empty()) {
        return report.take();
    }
    Context context{report, {}, {}, {}, false};
    SchemaNode root = compile_schema(Value(document, context, "", document.place));
    if (!report.empty()) {
        return report.take();
    }
    return Schema(std::move(root));
}

std::optional<CheckedValue> Schema::check(const Value& value, const SecretSource& secrets) const {
    const Report& report = value.context().report;
    const std::size_t problems = report.size();
    CheckedValue checked = SchemaCheck(report, &secrets).check(*root_, value);
    return report.size() == problems ? std::optional(std::move(checked)) : std::nullopt;
}

Result<CheckedValue, std::vector<Finding>> Schema::parse(std::string_view text, const SecretSource& secrets) const {
    return parse_as(text, secrets, false);
}

Result<CheckedValue, std::vector<Finding>> Schema::parse_for_client(std::string_view text) const {
    return parse_as(text, {}, true);
}

Result<CheckedValue, std::vector<Finding>> Schema::parse_as(std::string_view text, const SecretSource& secrets,
                                                            bool of_client) const {
    // Each value may have a key. One more than allowed fits, so that the check reports it.
    constexpr DocumentBounds bounds{limits::config_nesting_max, 2 * (limits::plugin_values_max + 1)};
    Report report;
    const Node document = parse_document(text, report, bounds);
    if (!report.empty()) {
        return report.take();
    }
    Context context{report, {}, {}, {}, false};
    SchemaCheck check(report, &secrets, of_client ? root_.get() : nullptr);
    CheckedValue checked = check.check(*root_, Value(document, context, "", document.place));
    if (!report.empty()) {
        return report.take();
    }
    return checked;
}

bool Schema::is_for_clients() const noexcept {
    return std::ranges::any_of(root_->properties, &Property::is_for_clients);
}

std::string Schema::describe() const {
    return config::describe(*root_);
}

}  // namespace ferrotunnel::config
