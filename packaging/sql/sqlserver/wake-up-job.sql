-- Optional, and seldom needed: a SQL Server Agent job that wakes the daemon every 10 seconds. The daemon looks into the
-- queue by itself (FORWARD_SYNC_POLL_SECONDS), which is the same with nothing to install; this is for a daemon that shall
-- not poll. Run it as a member of sysadmin, on a server that runs SQL Server Agent (not Express); again to change it.
-- To take it away: EXEC msdb.dbo.sp_delete_job @job_name = N'Reverse Sync wake-up';
--
-- A job and not a trigger: a trigger that calls out (sp_OACreate, xp_cmdshell), or starts a job, does so inside the
-- writer's transaction, and then a dead daemon stops the practice system. Service Broker would need the whole database to
-- itself for the moment it is enabled, and something that reads its queue.

-- Where the daemon listens. Beyond this machine it asks for its secret: add --header "Authorization: Bearer ...".
DECLARE @url nvarchar(400) = N'http://127.0.0.1:3000/api/sync/queue-notify';

DECLARE @job sysname = N'Reverse Sync wake-up', @command nvarchar(1000) =
    N'curl.exe --silent --show-error --max-time 5 --header "Content-Type: application/json" --data "{\"source\":\"sqlserver\"}" ' + @url;
IF EXISTS (SELECT 1 FROM msdb.dbo.sysjobs AS j WHERE j.name = @job)
    EXEC msdb.dbo.sp_delete_job @job_name = @job;
EXEC msdb.dbo.sp_add_job @job_name = @job, @description = N'Tells Reverse Sync to look into dbo.SyncQueue.', @notify_level_eventlog = 0;
EXEC msdb.dbo.sp_add_jobstep @job_name = @job, @step_name = N'notify', @subsystem = N'CMDEXEC', @command = @command;
EXEC msdb.dbo.sp_add_jobschedule @job_name = @job, @name = N'every 10 seconds', @freq_type = 4, @freq_interval = 1,
     @freq_subday_type = 2, @freq_subday_interval = 10;
EXEC msdb.dbo.sp_add_jobserver @job_name = @job;
