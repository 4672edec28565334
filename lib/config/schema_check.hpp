// Checks a value against a schema.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/schema_scalar.hpp"

namespace ferrotunnel::config {

/// The keys of an object, for messages.
std::vector<std::string> names_of(const std::vector<Property>& properties);

/// One check of one instance. Problems go to the report of the value's context; if there are no new ones, the returned
/// value is valid.
class SchemaCheck {
public:
    /// `secrets` is null for a default in a schema. `of_client`: the root schema if the settings come from a client.
    SchemaCheck(const Report& report, const SecretSource* secrets, const SchemaNode* of_client = nullptr)
        : report_(report), problems_before_(report.size()), secrets_(secrets), of_client_(of_client) {}

    CheckedValue check(const SchemaNode& schema, Value value);
    /// The number of values so far.
    std::size_t values() const noexcept { return values_; }

private:
    CheckedValue check_array(const SchemaNode& schema, const Value& value);
    CheckedValue check_object(const SchemaNode& schema, const Value& value);
    CheckedValue check_map(const SchemaNode& schema, const Value& value);
    void complete(const SchemaNode& schema, const Value& value, const std::vector<bool>& is_there,
                  CheckedValue::Map& members);
    bool has_room(const Value& value, std::size_t values = 1);

    const Report& report_;
    std::size_t problems_before_;
    const SecretSource* secrets_;
    const SchemaNode* of_client_;
    std::size_t values_ = 0;
    bool is_over_ = false;  // a limit was reached and reported
};

}  // namespace ferrotunnel::config
