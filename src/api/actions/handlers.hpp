// The functions behind the rows of action_table.cpp, by the file that holds them. Each answers exactly once.
// Thread: the core that got the request.
#pragma once

#include "api/action_table.hpp"

namespace rollcall::api {

// product.cpp
void create_product(const ActionContext& context, Call& call, Answer answer);
void query_product(const ActionContext& context, Call& call, Answer answer);
void query_product_list(const ActionContext& context, Call& call, Answer answer);
// device.cpp
void register_device(const ActionContext& context, Call& call, Answer answer);
void query_device_detail(const ActionContext& context, Call& call, Answer answer);
void get_device_status(const ActionContext& context, Call& call, Answer answer);
void batch_get_device_state(const ActionContext& context, Call& call, Answer answer);
void disable_thing(const ActionContext& context, Call& call, Answer answer);
void enable_thing(const ActionContext& context, Call& call, Answer answer);
void delete_device(const ActionContext& context, Call& call, Answer answer);
// batch_registration.cpp
void batch_check_device_names(const ActionContext& context, Call& call, Answer answer);
void batch_register_device_with_apply_id(const ActionContext& context, Call& call, Answer answer);
void query_page_by_apply_id(const ActionContext& context, Call& call, Answer answer);
// group.cpp
void create_device_group(const ActionContext& context, Call& call, Answer answer);
void batch_add_device_group_relations(const ActionContext& context, Call& call, Answer answer);
// thing_model.cpp
void import_thing_model_tsl(const ActionContext& context, Call& call, Answer answer);
void publish_thing_model(const ActionContext& context, Call& call, Answer answer);
void get_thing_model_tsl(const ActionContext& context, Call& call, Answer answer);
// job.cpp
void create_job(const ActionContext& context, Call& call, Answer answer);
void cancel_job(const ActionContext& context, Call& call, Answer answer);
void delete_job(const ActionContext& context, Call& call, Answer answer);
void pause_job(const ActionContext& context, Call& call, Answer answer);
void rerun_job(const ActionContext& context, Call& call, Answer answer);
void resume_job(const ActionContext& context, Call& call, Answer answer);
void update_job(const ActionContext& context, Call& call, Answer answer);
// job_query.cpp
void query_job(const ActionContext& context, Call& call, Answer answer);
void list_job(const ActionContext& context, Call& call, Answer answer);
void query_job_statistics(const ActionContext& context, Call& call, Answer answer);
// task_query.cpp
void list_task(const ActionContext& context, Call& call, Answer answer);
void list_task_events(const ActionContext& context, Call& call, Answer answer);
void query_task(const ActionContext& context, Call& call, Answer answer);
void explain_task(const ActionContext& context, Call& call, Answer answer);
// fleet.cpp
void export_devices(const ActionContext& context, Call& call, Answer answer);
void import_fleet(const ActionContext& context, Call& call, Answer answer);

}  // namespace rollcall::api
