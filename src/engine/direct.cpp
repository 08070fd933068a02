// Direct calls: messages to devices without a job (cloud-api C.7). What is sent is made as for a job of the
// same type and leaves by the same effect. With QoS 1 it waits in the store for a device that is away or that
// keeps its session (offline_messages.cpp); else nothing is stored. A call that is for an answer waits in
// memory until the device gives it or its time is over.
#include "base/json.hpp"
#include "engine/fitting.hpp"

namespace rollcall::engine {
namespace {

// What a job with these parameters would have as its JobDocument.
std::string document_of(const SendMessage& command) {
  std::string document = "{";
  if (command.type == JobType::InvokeService) {
    document += R"("serviceIdentifier":)";
    append_json_string(document, command.service_identifier);
    document += ',';
  }
  return document + R"("params":)" + command.body + "}";
}

// The name of the parameter that the caller knows stands where the document has "params".
Error in_callers_words(Error error, const SendMessage& command) {
  const std::string_view name = command.type == JobType::SetProperty ? "Items" : "Args";
  if (error.message.starts_with("params")) error.message.replace(0, 6, name);
  return error;
}

Result<std::shared_ptr<const JobContent>> content_of(State& state, WorkingSet& ws, const Product& product,
                                                     const SendMessage& command) {
  JobContent content;
  if (command.type == JobType::Pub) {
    content.type = JobType::Pub;
    content.body = command.body;
    content.topic_short_name = command.topic_short_name;
    content.raw_rrpc = command.raw_rrpc;
  } else {
    const std::string document = document_of(command);
    ROLLCALL_TRY(content, read_job_document(command.type, document));
    Result<Fit> fitting = fit(state, ws, product, command.type, document);
    if (!fitting) return fail(in_callers_words(std::move(fitting.error()), command));
    if (!fitting->wire_params.empty()) content.body = std::move(fitting->wire_params);
    content.sync_service = fitting->sync_service && !command.many;
  }
  content.qos = command.qos;
  return std::make_shared<const JobContent>(std::move(content));
}

Error not_subscribed(const JobContent& content) {
  const ErrorCode code = content.raw_rrpc                         ? ErrorCode::RrpcFailed
                         : content.type == JobType::SetProperty   ? ErrorCode::SetDevicePropertyFailed
                         : content.type == JobType::InvokeService ? ErrorCode::InvokeThingServiceFailed
                                                                  : ErrorCode::PublishMessageFailed;
  return Error(code, "the device has not subscribed to the topic of this message");
}

// Does a message wait for this device, away or here, until that acknowledges it?
bool waits_for(State& state, DeviceId device) {
  const Session* session = state.sessions.find(device);
  return !session || session->leaving || session->keeps_messages;
}

// Why the device cannot be sent this now.
Status obstacle(State& state, const Device& device, const JobContent& content) {
  if (!device.enabled) return fail(ErrorCode::DeviceDisabled);
  const Session* session = state.sessions.find(device.id);
  if (!session || session->leaving) return fail(ErrorCode::DeviceOffline);
  if (!session->reachability || !session->reachability->reaches(content))
    return fail(not_subscribed(content));
  return {};
}

// Messages with QoS 0 are for whoever is there (cloud-api C.7): nobody is no failure.
bool may_be_lost(const SendMessage& command) {
  if (command.many) return true;
  return command.type == JobType::Pub && !command.raw_rrpc && command.qos == MessageQos::Qos0;
}

Result<std::vector<Device*>> find_devices(State& state, WorkingSet& ws, const Actor& actor,
                                          const SendMessage& command) {
  std::vector<Device*> devices;
  for (const DeviceRef& ref : command.devices) {
    if (ref.iot_id.empty()) {
      const ProductId* id = ws.product_keys.find(ref.product_key);
      const Product* product = id ? ws.products.find(*id) : nullptr;
      if (!product || product->instance != actor.instance)
        return fail(ErrorCode::NotExistedProduct, "the product " + ref.product_key + " does not exist");
    }
    Device* device = find_ref(state, ws, actor.instance, ref);
    if (!device) {
      const std::string& name = ref.iot_id.empty() ? ref.device_name : ref.iot_id;
      return fail(ErrorCode::NotExistedDevice, "the device " + name + " does not exist");
    }
    devices.push_back(device);
  }
  return devices;
}

}  // namespace

bool gather_message(State& state, WorkingSet& ws, const Actor& actor, const SendMessage& command) {
  bool all = true;
  for (const DeviceRef& ref : command.devices) {
    all = gather_ref(state, ws, ref) && all;
    // A product of somebody else, or one whose device is not there: the answer tells them apart.
    if (const ProductId* id = ref.iot_id.empty() ? ws.product_keys.find(ref.product_key) : nullptr)
      all = ws.products.need(*id) && all;
  }
  if (!all) return false;
  for (const DeviceRef& ref : command.devices) {
    const Device* device = find_ref(state, ws, actor.instance, ref);
    if (!device) continue;
    all = gather_product_model(ws, device->product, command.type) && all;
    if (command.qos == MessageQos::Qos1 && waits_for(state, device->id))
      all = ws.offline_tallies.need(device->id) && all;
  }
  return all;
}

Result<Outcome> send_message(State& state, WorkingSet& ws, Decision& decision, const Ticket& ticket,
                             const Actor& actor, const SendMessage& command) {
  ROLLCALL_TRY(std::vector<Device*> devices, find_devices(state, ws, actor, command));
  if (devices.empty()) return fail(ErrorCode::NoneDeviceNameElement);
  const Product& product = *ws.products.find(devices.front()->product);  // one for all of a list
  ROLLCALL_TRY(std::shared_ptr<const JobContent> content, content_of(state, ws, product, command));
  const bool awaited = content->sync_service || content->raw_rrpc;
  if (awaited && state.awaited.full()) return fail(ErrorCode::MessageRateLimit);

  const int64_t message_id = state.new_message_id();
  std::vector<const Device*> queued;
  std::vector<std::pair<DeviceId, Session*>> there;
  for (const Device* device : devices) {
    if (content->qos == MessageQos::Qos1 && !awaited && device->enabled && waits_for(state, device->id)) {
      queued.push_back(device);
      continue;
    }
    Status status = obstacle(state, *device, *content);
    if (!status && !may_be_lost(command)) return fail(std::move(status.error()));
    if (status) there.emplace_back(device->id, state.sessions.find(device->id));
  }
  for (size_t i = 0; i < there.size(); ++i) {
    if (state.room.reserve(there[i].second->at.core, 1)) continue;
    for (size_t k = 0; k < i; ++k) state.room.release(there[k].second->at.core, 1);
    return fail(ErrorCode::MessageRateLimit);
  }
  for (const Device* device : queued) {
    Status status = queue_message(state, ws, decision, *device, *content, message_id);
    if (!status && !may_be_lost(command)) return fail(std::move(status.error()));
  }
  const uint32_t wire_id = direct_alink_id(message_id);
  for (const auto& [device, session] : there) {
    decision.emit(session->at.core,
                  PushTask{session->at.connection, session->epoch, TaskKey(), 1, content, wire_id, awaited});
  }
  if (!awaited) return Outcome(MessageSent{message_id, false, 200, {}, {}});
  const int64_t wait_ms = content->raw_rrpc ? command.timeout_ms : limits::kSyncServiceMs;
  const AwaitedReply reply{
      devices.front()->id, wire_id, ticket, message_id, state.clock.steady() + wait_ms * 1'000,
      content->raw_rrpc};
  state.awaited.add(reply);
  decision.awaited.push_back(reply);
  return Outcome(AnsweredLater{});
}

bool take_answer(State& state, Decision& decision, const CommandReply& command) {
  const AwaitedReply* found = state.awaited.find(command.session.device, command.alink_id);
  if (!found || found->raw != command.payload.has_value()) return false;
  const AwaitedReply reply = *found;
  state.awaited.remove(reply.device, reply.alink_id);
  decision.answered.push_back(reply);
  MessageSent sent{reply.message_id, true, command.code, command.payload.value_or(command.data),
                   command.message};
  decision.emit(reply.ticket.core, ApiReply{reply.ticket.number, Outcome(std::move(sent))});
  return true;
}

void time_out_calls(State& state, Decision& decision) {
  while (const auto reply = state.awaited.take_due(state.clock.steady())) {
    decision.answered.push_back(*reply);
    decision.emit(reply->ticket.core, ApiReply{reply->ticket.number, fail(ErrorCode::DeviceTimeout)});
  }
}

void undo_calls(State& state, const Decision& decision) {
  for (const AwaitedReply& reply : decision.answered) state.awaited.add(reply);
  for (const AwaitedReply& reply : decision.awaited) state.awaited.remove(reply.device, reply.alink_id);
}

}  // namespace rollcall::engine
