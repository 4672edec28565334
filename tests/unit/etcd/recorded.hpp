// Answers as etcd 3.5.16 has sent them, byte by byte.
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel::etcd::test {

inline constexpr std::string_view header =
    R"("header":{"cluster_id":"324952591200643719", "member_id":"3319814642761637952", )"
    R"("revision":"9", "raft_term":"2"})";

/// An object with the header and more.
inline std::string with_header(std::string_view more) {
    return "{" + std::string(header) + (more.empty() ? "" : ", ") + std::string(more) + "}";
}

/// A message of a stream.
inline std::string in_result(std::string_view more, std::string_view revision = "9") {
    return R"({"result":{"header":{"cluster_id":"324952591200643719","member_id":"3319814642761637952","revision":")" +
           std::string(revision) + R"(","raft_term":"2"})" + (more.empty() ? "" : ",") + std::string(more) + "}}";
}

}  // namespace ferrotunnel::etcd::test
