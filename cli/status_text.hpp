// The output of `status`, `services` and `tokens`: answers of the control API as text.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ferrotunnel::cli {

using Json = nlohmann::ordered_json;

/// Columns as wide as their content, with two spaces between them. Everything is made printable.
std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t indent);

/// `before`: an earlier status of the same program, for rates; null if there is none. `order`: of the services, see
/// service_rows.hpp.
std::string status_text(const Json& status, const Json& before, const std::string& order);
/// `before`: the same program's answer of `seconds` ago; 0 if there is none.
std::string services_text(const Json& answer, const Json& before, double seconds, const std::string& order);
std::string tokens_text(const Json& answer);
/// A server's answer about the route of a visitor.
std::string route_text(const Json& answer);

/// "1.2 MiB"
std::string size_text(double bytes);
/// "2d 3h", "4m 10s"
std::string duration_text(std::int64_t seconds);

// Members of an object, which may be missing or of another type: programs of other versions answer too.
/// Printable, on one line.
std::string text_in(const Json& object, const char* key);
/// Not made printable: for a text of several lines, or not for a terminal.
std::string raw_text_in(const Json& object, const char* key);
std::int64_t number_in(const Json& object, const char* key);
const Json& member_of(const Json& object, const char* key);

}  // namespace ferrotunnel::cli
