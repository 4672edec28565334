// An etcd in the test's own thread: leases, the transactions of etcd_store, reads and watches, by its JSON gateway. A
// test can let it fail, lie, or lose what it has.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "etcd/base64.hpp"
#include "unit/fetch/scripted_server.hpp"

namespace ferrotunnel::etcd_store::test {

using nlohmann::json;

class FakeEtcd {
public:
    struct Kept {
        std::int64_t lease = 0;
        std::int64_t modified = 0;
        std::string value{};
    };

    fetch::Destination destination() const { return server_.destination(); }
    /// Answers what has arrived. True, for use in conditions.
    bool look() {
        server_.look();
        for (std::size_t i = 0; i < server_.connections(); ++i) {
            answer(i);
        }
        report_changes();
        return true;
    }

    /// Ends a lease with its keys.
    void end_lease(std::int64_t lease) {
        leases.erase(lease);
        ++revision;
        std::erase_if(keys, [&](const auto& one) {
            const bool ends = one.second.lease == lease;
            if (ends) {
                changes_.push_back({revision, one.first, {}});
            }
            return ends;
        });
    }
    /// As another client.
    void put(const std::string& key, const std::string& value, std::int64_t lease = 0) {
        keys[key] = {lease, ++revision, value};
        changes_.push_back({revision, key, keys[key]});
    }
    void erase(const std::string& key) {
        ++revision;
        if (keys.erase(key) != 0) {
            changes_.push_back({revision, key, {}});
        }
    }
    std::size_t watches() const { return watches_.size(); }
    /// Closes the connections of all watches.
    void end_watches() {
        for (const Watch& watch : watches_) {
            server_.close(watch.connection);
        }
        watches_.clear();
    }
    /// Forgets the history up to now: a watch that needs it is refused.
    void compact() {
        compacted_ = revision;
        changes_.clear();
    }
    /// Ends nothing, and reports nothing any more: as a connection that is dead.
    void deafen_watches() { watches_.clear(); }
    std::vector<std::string> keys_of(const std::string& prefix) const {
        std::vector<std::string> found;
        for (const auto& [key, kept] : keys) {
            if (key.starts_with(prefix)) {
                found.push_back(key);
            }
        }
        return found;
    }

    std::map<std::string, Kept> keys{};
    std::map<std::int64_t, std::int64_t> leases{};  // with their times
    std::int64_t revision = 100;
    std::string cluster = "7";
    std::size_t transactions = 0;
    std::size_t reads = 0;
    bool is_silent = false;  // it reads, and does not answer
    /// Replaces whole responses, to calls that are carried out; empty: none of it.
    std::function<std::string(const std::string& path)> lie{};
    /// Before a transaction is carried out.
    std::function<void()> before_transaction{};

    static std::string response(const std::string& body, const std::string& status = "200 OK") {
        return "HTTP/1.1 " + status +
               "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
               body;
    }

private:
    struct Change {
        std::int64_t revision = 0;
        std::string key;
        std::optional<Kept> kept;  // none: deleted
    };
    struct Watch {
        std::size_t connection = 0;
        json range;
        std::int64_t next = 0;
    };

    static std::string decoded(const json& from, const char* name) {
        return from.contains(name) ? etcd::decode_base64(from[name].get<std::string>()).value() : std::string();
    }
    static std::string encoded(const std::string& bytes) {
        std::string text;
        etcd::append_base64(text, bytes);
        return text;
    }
    static std::int64_t number(const json& from, const char* name) {
        return from.contains(name) ? std::stoll(from[name].get<std::string>()) : 0;
    }
    json header() const {
        return {{"cluster_id", cluster}, {"member_id", "1"}, {"revision", std::to_string(revision)}};
    }

    void answer(std::size_t connection) {
        const std::string got = server_.got(connection);
        const std::size_t end = got.find("\r\n\r\n");
        if (end == std::string::npos || is_silent) {
            return;
        }
        const std::size_t at = got.find("Content-Length: ");
        REQUIRE(at != std::string::npos);
        const std::size_t size = std::stoul(got.substr(at + 16));
        if (got.size() < end + 4 + size) {
            return;
        }
        const std::string path = got.substr(5, got.find(' ', 5) - 5);
        const json body = json::parse(got.substr(end + 4, size));
        server_.forget(connection);
        if (path == "/v3/watch") {
            return begin_watch(connection, body["create_request"]);
        }
        const std::string honest = answer(path, body);
        const std::string lied = lie ? lie(path) : std::string();
        server_.say(connection, lied.empty() ? honest : lied);
    }
    std::string answer(const std::string& path, const json& body) {
        if (path == "/v3/lease/grant") {
            return grant(number(body, "ID"), number(body, "TTL"));
        }
        if (path == "/v3/lease/keepalive") {
            return renewal(number(body, "ID"));
        }
        if (path == "/v3/kv/range") {
            ++reads;
            return response(read(body).dump());
        }
        REQUIRE(path == "/v3/kv/txn");
        ++transactions;
        if (before_transaction) {
            before_transaction();
        }
        return transaction(body);
    }
    std::string grant(std::int64_t lease, std::int64_t time) {
        if (!leases.emplace(lease, time).second) {
            return fault(9, "etcdserver: lease already exists");
        }
        return response(
            json{{"header", header()}, {"ID", std::to_string(lease)}, {"TTL", std::to_string(time)}}.dump());
    }
    std::string renewal(std::int64_t lease) {
        json result{{"header", header()}, {"ID", std::to_string(lease)}};
        if (leases.contains(lease)) {
            result["TTL"] = std::to_string(leases[lease]);
        }
        return response(json{{"result", result}}.dump());
    }
    static std::string line(const json& result) {
        const std::string text = json{{"result", result}}.dump() + "\n";
        std::ostringstream size;
        size << std::hex << text.size();
        return size.str() + "\r\n" + text + "\r\n";
    }
    void begin_watch(std::size_t connection, const json& request) {
        const std::int64_t from = number(request, "start_revision");
        json created{{"header", header()}, {"created", true}};
        std::string head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + line(created);
        if (from <= compacted_) {
            head += line({{"header", header()}, {"canceled", true}, {"compact_revision", std::to_string(compacted_)}});
        } else {
            watches_.push_back({connection, request, from});
        }
        server_.say(connection, head);
    }
    void report_changes() {
        std::erase_if(watches_, [this](const Watch& watch) { return server_.has_ended(watch.connection); });
        for (Watch& watch : watches_) {
            json events = json::array();
            for (const Change& change : changes_) {
                if (change.revision >= watch.next && is_in(change.key, watch.range)) {
                    events.push_back(event_of(change));
                }
            }
            watch.next = std::max(watch.next, revision + 1);
            if (!events.empty()) {
                server_.say(watch.connection, line({{"header", header()}, {"events", events}}));
            }
        }
    }
    static json event_of(const Change& change) {
        if (change.kept) {
            return {{"type", "PUT"}, {"kv", pair_of(change.key, *change.kept)}};
        }
        return {{"type", "DELETE"},
                {"kv", {{"key", encoded(change.key)}, {"mod_revision", std::to_string(change.revision)}}}};
    }
    static json pair_of(const std::string& key, const Kept& kept) {
        return {{"key", encoded(key)},
                {"create_revision", std::to_string(kept.modified)},
                {"mod_revision", std::to_string(kept.modified)},
                {"version", "1"},
                {"lease", std::to_string(kept.lease)},
                {"value", encoded(kept.value)}};
    }
    static bool is_in(const std::string& key, const json& range) {
        const std::string begin = decoded(range, "key");
        const std::string end = decoded(range, "range_end");
        return end.empty() ? key == begin : key >= begin && key < end;
    }
    static std::string fault(int code, const std::string& text) {
        return response(json{{"error", text}, {"code", code}, {"message", text}}.dump(), "400 Bad Request");
    }

    std::map<std::string, Kept> in(const json& range) const {
        std::map<std::string, Kept> found;
        for (const auto& [each, kept] : keys) {
            if (is_in(each, range)) {
                found.emplace(each, kept);
            }
        }
        return found;
    }
    bool holds(const json& compare) const {
        const auto found = in(compare);
        if (compare["target"] == "VERSION") {  // of none
            REQUIRE(compare["version"] == "0");
            return found.empty();
        }
        REQUIRE(compare["target"] == "LEASE");
        return !found.empty() && found.begin()->second.lease == number(compare, "lease");
    }
    std::string transaction(const json& body) {
        bool succeeded = true;
        for (const json& compare : body.value("compare", json::array())) {
            succeeded = succeeded && holds(compare);
        }
        const json operations = body.value(succeeded ? "success" : "failure", json::array());
        for (const json& operation : operations) {
            const json put = operation.value("request_put", json::object());
            if (const std::int64_t lease = number(put, "lease"); lease != 0 && !leases.contains(lease)) {
                return fault(5, "etcdserver: requested lease not found");
            }
        }
        json responses = json::array();
        for (const json& operation : operations) {
            responses.push_back(carry_out(operation));
        }
        json answer{{"header", header()}, {"responses", responses}};
        if (succeeded) {
            answer["succeeded"] = true;
        }
        return response(answer.dump());
    }
    json carry_out(const json& operation) {
        if (operation.contains("request_put")) {
            const json& put = operation["request_put"];
            this->put(decoded(put, "key"), decoded(put, "value"), number(put, "lease"));
            return {{"response_put", {{"header", header()}}}};
        }
        if (operation.contains("request_delete_range")) {
            const auto found = in(operation["request_delete_range"]);
            for (const auto& [key, kept] : found) {
                erase(key);
            }
            return {{"response_delete_range", {{"header", header()}, {"deleted", std::to_string(found.size())}}}};
        }
        return {{"response_range", read(operation["request_range"])}};
    }
    json read(const json& request) const {
        const auto found = in(request);
        json list = json::array();
        for (const auto& [key, kept] : found) {
            if (list.size() < static_cast<std::size_t>(number(request, "limit"))) {
                list.push_back(pair_of(key, kept));
            }
        }
        json range{{"header", header()}};
        if (!list.empty()) {
            range["kvs"] = list;
            range["count"] = std::to_string(found.size());
        }
        if (list.size() < found.size()) {
            range["more"] = true;
        }
        return range;
    }

    std::vector<Change> changes_;
    std::vector<Watch> watches_;
    std::int64_t compacted_ = 0;
    fetch::test::ScriptedServer server_;
};

}  // namespace ferrotunnel::etcd_store::test
