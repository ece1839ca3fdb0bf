from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0006_webhooks'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditentry',
            name='what',
            field=models.CharField(choices=[('signed_in', 'signed in'), ('refused', 'was refused at sign-in'), ('signed_out', 'signed out'), ('sign_in_ended', 'ended a sign-in'), ('password', 'changed a password'), ('second_step_on', 'turned a second step on'), ('second_step_off', 'turned a second step off'), ('recovery_codes', 'made new recovery codes'), ('person_added', 'added a person'), ('role', 'changed a role'), ('deactivated', 'deactivated a person'), ('activated', 'activated a person'), ('key_made', 'made an API key'), ('key_revoked', 'revoked an API key'), ('webhook_added', 'added a webhook'), ('webhook_removed', 'removed a webhook'), ('exported', 'exported leads'), ('lead_erased', 'erased the personal data of a lead'), ('lead_deleted', 'deleted a lead'), ('announcement_withdrawn', 'withdrew an announcement')], editable=False, max_length=32),
        ),
    ]
