// Answers of etcd 3.5 to requests.hpp. Each is checked against its request: other keys than those that were requested
// are a fault, like a type, a number or a size that is not valid.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "etcd/fault.hpp"
#include "etcd/requests.hpp"
#include "etcd/values.hpp"

namespace ferrotunnel::etcd {

struct ReadAnswer {
    Header header{};
    std::vector<KeyValue> pairs{};  // ascending by key
    bool has_more = false;          // the limit was reached
};
struct PutAnswer {
    Header header{};
};
struct DeleteAnswer {
    Header header{};
    std::int64_t deleted = 0;
};
using OperationAnswer = std::variant<ReadAnswer, PutAnswer, DeleteAnswer>;
struct TransactionAnswer {
    Header header{};
    bool succeeded = false;                  // `then` was carried out, else `otherwise`
    std::vector<OperationAnswer> answers{};  // of each operation; their headers have only a revision
};
struct LeaseAnswer {
    Header header{};
    std::chrono::seconds time{};  // 0: the lease has ended
};
struct LoginAnswer {
    Header header{};
    std::string token{};  // visible ASCII
};

Result<ReadAnswer, Fault> read_answer(std::string_view body, const Read& request);
Result<PutAnswer, Fault> put_answer(std::string_view body);
Result<DeleteAnswer, Fault> delete_answer(std::string_view body);
Result<TransactionAnswer, Fault> transaction_answer(std::string_view body, const Transaction& request);
Result<LeaseAnswer, Fault> grant_answer(std::string_view body, LeaseId lease);
Result<LeaseAnswer, Fault> renewal_answer(std::string_view body, LeaseId lease);
/// Of a revocation.
Result<PutAnswer, Fault> revocation_answer(std::string_view body);
Result<LoginAnswer, Fault> login_answer(std::string_view body);

/// Parts of answers. Empty: not valid.
std::optional<Header> header_in(const nlohmann::json& object);
std::optional<KeyValue> key_value_of(const nlohmann::json& object);

}  // namespace ferrotunnel::etcd
