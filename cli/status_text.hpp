// What `status`, `services` and `tokens` print: the answers of the control API as text for people.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ferrotunnel::cli {

using Json = nlohmann::ordered_json;

/// Columns as wide as what is in them; two blanks between them. Everything is made printable.
std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t indent);

/// `before`: the status of the same program a while ago, for bytes and visitors a second; null: there is none. `order`:
/// of services, as service_rows.hpp has it.
std::string status_text(const Json& status, const Json& before, const std::string& order);
/// `before`: the answer of the same program `seconds` ago; 0: there is none.
std::string services_text(const Json& answer, const Json& before, double seconds, const std::string& order);
std::string tokens_text(const Json& answer);
/// Of a server that was asked where a visitor would come.
std::string route_text(const Json& answer);

/// "1.2 MiB"
std::string size_text(double bytes);
/// "2d 3h", "4m 10s"
std::string duration_text(std::int64_t seconds);

// Members of an object, where they may be missing or of another type: programs of other versions answer too.
/// Printable, on one line.
std::string text_in(const Json& object, const char* key);
/// Not made printable: for a text of several lines, or one that is not for a terminal.
std::string raw_text_in(const Json& object, const char* key);
std::int64_t number_in(const Json& object, const char* key);
const Json& member_of(const Json& object, const char* key);

}  // namespace ferrotunnel::cli
